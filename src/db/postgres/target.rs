//! Rows that are copied from another database, by `COPY`.

use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::Type;

use super::connection::Connection;
use super::value::Bound;
use crate::db::copy::{Stored, Table, Target};
use crate::db::engine::Connection as _;
use crate::db::fault::Fault;
use crate::db::value::Param;

impl Target for Connection {
    fn insert_rows(&self, table: &Table, rows: &[Vec<Stored>]) -> Result<(), Fault> {
        let (name, columns) = (&table.name, table.columns.join(", "));
        self.with_client(|client| {
            let described = client.prepare(&format!("SELECT {columns} FROM {name}"))?;
            let types: Vec<Type> = described.columns().iter().map(|column| column.type_().clone()).collect();
            let copy = client.copy_in(&format!("COPY {name} ({columns}) FROM STDIN BINARY"))?;
            let mut writer = BinaryCopyInWriter::new(copy, &types);
            for row in rows {
                writer.write_raw(row.iter().map(|value| Bound(value.value())))?;
            }
            writer.finish().map(drop)
        })
    }

    fn continue_numbers(&self) -> Result<(), Fault> {
        let mut numbered: Vec<(String, String)> = Vec::new();
        let sql = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns
                   WHERE table_schema = current_schema() AND is_identity = 'YES'";
        self.query(sql, &[], &mut |row| {
            numbered.push((row.get(0)?, row.get(1)?));
            Ok(true)
        })?;
        for (table, column) in numbered {
            self.query(
                &format!(
                    "SELECT setval(pg_get_serial_sequence('{table}', '{column}'),
                       (SELECT COALESCE(MAX({column}), 0) + 1 FROM {table}), false)"
                ),
                &[],
                &mut |_| Ok(false),
            )?;
        }
        Ok(())
    }
}
