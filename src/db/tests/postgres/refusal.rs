//! Databases on which the server does not start: one sentence says why and what to do.

use super::*;

#[track_caller]
fn refused(postgres: Server) -> String {
    let options = Options { postgres: Some(postgres), ..options(String::new()) };
    let fault = Db::open(options, |_: Vec<String>| {}).err().expect("it opens");
    let sentence = fault.to_string();
    assert!(matches!(fault, Fault::Refused(_)) && !sentence.contains("hunter2"), "{fault:?}");
    assert!(!sentence.contains('\n') && sentence.len() < 300, "{sentence}");
    sentence
}

#[tokio::test]
async fn an_address_where_nothing_is_or_that_lets_nobody_in_is_named_without_the_password() {
    let cluster = Cluster::shared();
    let port = cluster.port();
    let server = |url: String| refused(Server::test(url));
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let said = server(format!("postgres://m:hunter2@127.0.0.1:{nobody}/chat"));
    assert!(said.starts_with(&format!("cannot connect to PostgreSQL at 127.0.0.1:{nobody}: ")), "{said}");
    assert!(said.contains("is it running"), "{said}");
    let said = server(format!("postgres://guarded:hunter2@127.0.0.1:{port}/postgres"));
    assert!(said.contains("does not let user \"guarded\" in"), "{said}");
    let said = server(format!("postgres://guarded@127.0.0.1:{port}/postgres"));
    assert!(said.contains("check the password in DATABASE_URL"), "{said}");
    let said = server(format!("postgres://postgres:hunter2@127.0.0.1:{port}/nothing"));
    assert!(said.contains("has no database \"nothing\" (run: createdb "), "{said}");
    let said = server(format!("postgres://postgres:hunter2@127.0.0.1:{port}/postgres?sslmode=require"));
    assert!(said.contains("TLS") && said.contains("sslmode"), "{said}");
    let said = server("hunter2".into());
    assert!(said.starts_with("DATABASE_URL is not the address"), "{said}");
}

#[tokio::test]
async fn a_database_that_may_forget_commits_is_refused_unless_allowed() {
    let database = Database::new();
    let said = refused(Server::new(database.url()));
    assert!(said.contains("fsync=off") && said.contains("DATABASE_UNSAFE_COMMITS=on"), "{said}");
    open(&database).close().await;
    // A setting of one database counts as well.
    let cluster = Cluster::start(&[]);
    cluster.run("postgres", "CREATE DATABASE chat; ");
    cluster.run("postgres", "ALTER DATABASE chat SET synchronous_commit = off");
    let said = refused(Server::new(cluster.url("postgres", "chat")));
    assert!(said.contains("synchronous_commit=off"), "{said}");
    cluster.run("postgres", "ALTER DATABASE chat SET synchronous_commit = on");
    let durable = Some(Server::new(cluster.url("postgres", "chat")));
    Db::open(Options { postgres: durable, ..options(String::new()) }, |_: Vec<String>| {}).unwrap().close().await;
}

#[tokio::test]
async fn a_database_of_another_encoding_or_another_program_is_refused() {
    let cluster = Cluster::shared();
    let name = "latin_letters";
    cluster.run(
        "postgres",
        &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"),
    );
    let said = refused(Server::test(cluster.url("postgres", name)));
    assert!(said.contains("has the encoding SQL_ASCII") && said.contains("UTF8"), "{said}");
    cluster.run("postgres", &format!("DROP DATABASE {name}"));

    let database = Database::new();
    database.run("CREATE TABLE users (id BIGINT)");
    let said = refused(Server::test(database.url()));
    assert!(said.contains("tables of another program"), "{said}");
    database.run("DROP TABLE users; CREATE TABLE migrations (id BIGINT)");
    assert_eq!(refused(Server::test(database.url())), said);
    database.run("DROP TABLE migrations");
    let said = refused(Server { is_command: true, ..Server::test(database.url()) });
    assert_eq!(said, "the database is empty (run: madang serve)");
}

#[tokio::test]
async fn a_schema_that_is_half_made_newer_or_not_ours_to_change_is_refused() {
    let database = Database::new();
    open(&database).close().await;
    database.run("ALTER TABLE reactions RENAME TO away");
    let said = refused(Server::test(database.url()));
    assert!(said.contains("lacks the table reactions of schema version"), "{said}");
    database.run("ALTER TABLE away RENAME TO reactions; INSERT INTO migrations VALUES (999, '0999_future', 0)");
    let newer = Db::open(options(database.url()), |_: Vec<String>| {}).err().unwrap();
    assert!(newer.to_string().contains("schema 999"), "{newer}");

    // A command changes no schema: a server of the older version may run beside it.
    database.run("DELETE FROM migrations WHERE version = 999 OR version = (SELECT MAX(version) FROM migrations m WHERE version < 999)");
    let steps = database.count("SELECT COUNT(*) FROM migrations");
    let said = refused(Server { is_command: true, ..Server::test(database.url()) });
    assert!(
        said.contains(&format!("has schema {steps} of an older version")) && said.contains("madang serve"),
        "{said}"
    );
    assert_eq!(database.count("SELECT COUNT(*) FROM migrations"), steps);

    let database = Database::new();
    let cluster = Cluster::shared();
    let url = cluster.url("guarded", database.name()).replace("guarded@", "guarded:rightful-word@");
    let said = refused(Server::test(url.clone()));
    assert!(said.contains("may not create tables (run: GRANT CREATE ON SCHEMA \"public\""), "{said}");
    database.run("GRANT CREATE ON SCHEMA public TO guarded");
    Db::open(options(url.clone()), |_: Vec<String>| {}).unwrap().close().await;
    // The right is needed only where something is missing.
    database.run("REVOKE CREATE ON SCHEMA public FROM guarded");
    Db::open(options(url), |_: Vec<String>| {}).unwrap().close().await;
}
