//! Files in moto. `tests/bucket/run.sh` starts it and runs these.

use std::net::SocketAddr;

use madang::config::S3;
use madang::files::Store;

use super::program::{refused, run, says, start};
use super::{Opened, content};
use crate::support::bucket::sha256;
use crate::support::{App, Bucket, Request, TempDir, picture};

/// Makes a bucket and returns its settings.
async fn bucket(name: &str) -> (SocketAddr, S3) {
    let address = std::env::var("S3_TEST_ADDRESS").expect("tests/bucket/run.sh sets S3_TEST_ADDRESS").parse().unwrap();
    let made = Request::new(address, "PUT", &format!("/{name}")).body("application/xml", Vec::new()).send().await;
    assert_eq!(made.status, 200, "{}", made.text());
    let mut settings = Bucket::start().settings();
    settings.bucket = name.into();
    settings.endpoint = format!("http://{address}").parse().unwrap();
    settings.region = "us-east-1".into();
    // moto takes no smaller parts.
    settings.limits.part_size = 5 << 20;
    (address, settings)
}

#[tokio::test]
#[ignore = "needs moto"]
async fn the_store_works_with_moto() {
    let (_, settings) = bucket("store").await;
    for has_checksums in [true, false] {
        let mut settings = settings.clone();
        settings.has_checksums = has_checksums;
        let tried = tokio::task::spawn_blocking(move || {
            let opened = Opened::new(&settings);
            opened.store.check("one").unwrap();
            opened.store.check("one").unwrap();
            opened.store.check("two").unwrap_err();
            let small = opened.put(b"0123456789").unwrap();
            opened.put(b"0123456789").unwrap();
            assert_eq!(opened.read(&small, 2..5).unwrap(), b"234");
            assert_eq!(opened.store.size(&small).unwrap(), 10);
            let large = content(12 << 20);
            let hash = opened.put(&large).unwrap();
            opened.put(&large).unwrap();
            assert!(opened.read(&hash, 0..u64::MAX).unwrap() == large);
            assert!(opened.read(&hash, 5_242_870..5_242_890).unwrap() == large[5_242_870..5_242_890]);
            assert_eq!(
                opened.hashes(),
                if small < hash { [small.clone(), hash.clone()] } else { [hash.clone(), small.clone()] }
            );
            opened.store.remove_unfinished(i64::MAX).unwrap();
            for hash in [small, hash] {
                opened.store.remove(&hash).unwrap();
                opened.store.remove(&hash).unwrap();
                assert_eq!(opened.store.size(&hash).unwrap_err().kind(), std::io::ErrorKind::NotFound);
            }
        });
        tried.await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs moto"]
async fn an_app_works_with_moto() {
    let (address, settings) = bucket("app").await;
    let s3 = S3 { has_links: true, ..settings };
    let app = App::with(move |config| config.s3 = Some(s3.clone())).await;
    let minji = app.guest("minji").await;
    let room = app.courtyard(&minji).await;
    let send = async |name: &str, bytes: &[u8]| {
        let call = app.request("POST", &format!("/api/rooms/{}/files", room.id)).bearer(&minji.token);
        call.multipart(Some((name, bytes)), &[]).send().await.is(201)["files"][0].clone()
    };
    let sky = send("sky.png", &picture::png(700, 8)).await;
    for path in [&sky["url"], &sky["thumbnailUrl"]] {
        let shown = app.page(&minji, path.as_str().unwrap()).await;
        assert!(shown.status == 200 && shown.header("content-type").unwrap().starts_with("image/"));
    }
    let large = content(11 << 20);
    let film = send("film 1.bin", &large).await;
    let redirected = app.page(&minji, film["url"].as_str().unwrap()).await;
    let link = redirected.header("location").unwrap().strip_prefix(&format!("http://{address}")).unwrap().to_owned();
    let saved = Request::new(address, "GET", &link).send().await;
    assert!(saved.status == 200 && sha256(&saved.body) == sha256(&large));
    assert_eq!(saved.header("content-disposition"), Some("attachment; filename*=UTF-8''film%201.bin"));
    assert_eq!(saved.header("content-type"), Some("application/octet-stream"));
}

#[tokio::test]
#[ignore = "needs moto"]
async fn a_backup_goes_into_moto_and_comes_back() {
    let (address, _) = bucket("backups").await;
    let folder = TempDir::new();
    start(folder.path(), &[]).terminate().await.unwrap();
    let mut environment = Bucket::start().environment();
    environment.retain(|(name, _)| name.starts_with("AWS_"));
    environment.push(("S3_ENDPOINT", format!("http://{address}")));
    environment.push(("BACKUP_PASSPHRASE", "a passphrase of many words".into()));
    let object = "s3://backups/here/first.tar.zst.age";
    says(&run(folder.path(), &environment, &["backup", object]));
    assert!(says(&run(folder.path(), &environment, &["verify", object])).contains("no errors found"));
    assert!(refused(&run(folder.path(), &environment, &["backup", object])).contains("already exists"));
    says(&run(folder.path(), &environment, &["restore", "--force", object]));
    start(folder.path(), &[]).terminate().await.unwrap();
}
