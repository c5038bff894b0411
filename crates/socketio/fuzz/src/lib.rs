//! The fuzz targets of the crate: each driver takes any bytes and panics when a guarantee is broken.

pub mod drivers;
