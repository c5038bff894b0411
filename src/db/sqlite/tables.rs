//! The tables of a database, for a copy of all its rows.

use super::Inspection;
use crate::db::copy::Table;
use crate::db::engine::Connection;
use crate::db::fault::Fault;

/// Lists the tables with rows of Madang's, each after those to which its rows refer. The search index is not among them:
/// each engine builds its own.
pub(in crate::db) fn tables(source: &Inspection) -> Result<Vec<Table>, Fault> {
    let connection = source.connection();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'
                   AND name NOT LIKE 'search%' AND name NOT IN ('migrations', 'meta') ORDER BY name";
    let mut left = Vec::new();
    for name in texts(connection, names, None)? {
        let parents = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?1)";
        let mut parents = texts(connection, parents, Some(&name))?;
        parents.retain(|parent| *parent != name);
        left.push((table(connection, name)?, parents));
    }
    let mut sorted: Vec<Table> = Vec::new();
    while !left.is_empty() {
        let is_free = |(_, parents): &(Table, Vec<String>)| {
            parents.iter().all(|parent| sorted.iter().any(|table| table.name == *parent))
        };
        let at = left.iter().position(is_free).ok_or_else(|| Fault::Wrong("tables refer to each other".into()))?;
        sorted.push(left.remove(at).0);
    }
    Ok(sorted)
}

fn table(connection: &dyn Connection, name: String) -> Result<Table, Fault> {
    let columns = texts(connection, "SELECT name FROM pragma_table_info(?1) ORDER BY cid", Some(&name))?;
    let keys = texts(connection, "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", Some(&name))?;
    let key: Vec<usize> = keys.iter().filter_map(|key| columns.iter().position(|column| column == key)).collect();
    if key.is_empty() {
        return Err(Fault::Wrong(format!("the table {name} has no key")));
    }
    Ok(Table { name, columns, key })
}

fn texts(connection: &dyn Connection, sql: &str, of: Option<&String>) -> Result<Vec<String>, Fault> {
    let mut texts = Vec::new();
    let mut add = |row: &crate::db::row::Row<'_>| {
        texts.push(row.get(0)?);
        Ok(true)
    };
    match of {
        Some(name) => connection.query(sql, &[name], &mut add)?,
        None => connection.query(sql, &[], &mut add)?,
    }
    Ok(texts)
}
