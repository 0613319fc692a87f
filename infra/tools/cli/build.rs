//! The SQL files are embedded; Cargo has to be told that a new one changes the program. Those of functions are listed here, in the order
//! of their names, in which `asknpic migrate` runs them.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

const SCHEMA: &str = "../../../components/lib/store/schema";

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed={SCHEMA}");
    let mut lists = String::new();
    for database in ["accounts", "briefs", "files", "dataset"] {
        let folder = fs::canonicalize(SCHEMA)?.join(database).join("functions");
        let mut files = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
        files.sort();
        let _ = writeln!(lists, "pub(super) const {}: &[(&str, &str)] = &[", database.to_uppercase());
        for path in files {
            let stem = path.file_stem().unwrap_or_default().display();
            let _ = writeln!(lists, "    (\"{stem}\", include_str!(r\"{}\")),", path.display());
        }
        lists.push_str("];\n");
    }
    let target = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&target).join("functions.rs"), lists)
}
