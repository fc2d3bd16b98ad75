//! The program of `lmc/benches/gpu`, which says what it measures and on which machines.

#[path = "gpu-parts/mod.rs"]
mod parts;

fn main() -> parts::Result<()> {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments.is_empty() {
        println!("skipped: it is run by the script lmc/benches/gpu");
        return Ok(());
    }
    parts::run(&arguments)
}
