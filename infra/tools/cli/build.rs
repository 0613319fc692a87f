//! The migrations are embedded; Cargo has to be told that a new file changes the program.

fn main() {
    println!("cargo:rerun-if-changed=../../../components/lib/store/schema");
}
