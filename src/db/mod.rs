//! The store: transactions, the one writer, migrations.
