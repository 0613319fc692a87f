//! A picture looks the same wherever it is opened: what resvg draws (the service's PNG) against Chromium and librsvg.
//!
//! Runs where `chromium` and `rsvg-convert` are installed (`.ci/run` sees to it), else says that it was skipped. The bundled fonts
//! are given to both through fontconfig, as a person would install them.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by where it stops")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use asknpic_composer::compose;
use parametric::{Format, Request, Verdict, check, render};

/// Between them they have gradients, clips, paths, shadows, repeats, translucent and turned things, and every family of fonts.
const BRIEFS: [&str; 5] = [
    "Poster for a jazz night, navy and gold, \"Blue Hour\", \"Live at the Cellar\", 12 December at 8pm",
    "Event at the city museum: \"Night of Science\", Saturday 7 November, 7pm, free entry",
    "Banner for our summer sale, bright colours, \"50% off everything\"",
    "Wedding invitation \"Anna & Paul\" Saturday 12 September 2026 at 4pm at Château de Vigny, elegant, blush and sage",
    "Affiche de Noël « Marché de Noël » du 12 au 24 décembre, place Bellecour, rouge et vert sapin",
];
/// From here on a channel (0 to 255) of a pixel looks different; less is how edges are smoothed.
const VISIBLE: u8 = 48;

/// How much two pictures may differ: the mean over all channels (0 to 255), and the share of pixels that look different.
#[derive(Clone, Copy, Debug)]
struct Most {
    mean: f64,
    pixels: f64,
}

/// Drawn from outlines, only the smoothing of edges differs.
const OUTLINES: Most = Most { mean: 0.8, pixels: 0.002 };
/// librsvg places letters as resvg does.
const TEXT_LIBRSVG: Most = Most { mean: 1.0, pixels: 0.005 };
/// Chromium places letters on whole pixels, which moves the edges of long lines by one.
const TEXT_CHROMIUM: Most = Most { mean: 2.0, pixels: 0.02 };

/// RGB pixels of the upper left corner of a PNG.
fn pixels(png: &[u8], (width, height): (usize, usize)) -> Vec<[u8; 3]> {
    let mut decoder = png::Decoder::new(png);
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size()];
    let frame = reader.next_frame(&mut data).unwrap();
    let (wide, high) = (usize::try_from(frame.width).unwrap(), usize::try_from(frame.height).unwrap());
    assert!(wide >= width && high >= height, "{wide} x {high} pixels, not {width} x {height}");
    let rows = data.chunks_exact(wide * 4).take(height);
    rows.flat_map(|row| row.chunks_exact(4).take(width).map(|pixel| [pixel[0], pixel[1], pixel[2]])).collect()
}

fn size(png: &[u8]) -> (usize, usize) {
    let number = |at: usize| usize::try_from(u32::from_be_bytes(png[at..at + 4].try_into().unwrap())).unwrap();
    (number(16), number(20))
}

#[expect(clippy::cast_precision_loss, reason = "some millions of pixels")]
fn assert_alike(what: &str, ours: &[u8], theirs: &[u8], most: Most) {
    let size = size(ours);
    let (ours, theirs) = (pixels(ours, size), pixels(theirs, size));
    let (mut sum, mut different) = (0_u64, 0_usize);
    for (a, b) in ours.iter().zip(&theirs) {
        let by = [0, 1, 2].map(|channel| a[channel].abs_diff(b[channel]));
        sum += by.into_iter().map(u64::from).sum::<u64>();
        different += usize::from(by.into_iter().any(|by| by >= VISIBLE));
    }
    let (mean, share) = (sum as f64 / ours.len() as f64 / 3.0, different as f64 / ours.len() as f64);
    println!("{what}: mean difference {mean:.2} of 255, {:.2} % of the pixels look different", share * 100.0);
    assert!(mean <= most.mean && share <= most.pixels, "{what}: {mean:.3} and {share:.4}, at most {most:?}");
}

/// A folder with the pictures, and fontconfig's settings for the bundled fonts alone.
struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../components/lib/parametric/fonts");
        let settings = format!(
            "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"urn:fontconfig:fonts.dtd\">\
             <fontconfig><dir>{}</dir><cachedir>{}</cachedir></fontconfig>",
            fonts.canonicalize().unwrap().display(),
            dir.path().join("cache").display()
        );
        fs::write(dir.path().join("fonts.conf"), settings).unwrap();
        Self { dir }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, mut command: Command, out: &Path) -> Vec<u8> {
        let output = command.env("FONTCONFIG_FILE", self.file("fonts.conf")).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success() && out.exists(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read(out).unwrap()
    }

    fn librsvg(&self, svg: &Path) -> Vec<u8> {
        let out = self.file("librsvg.png");
        let mut command = Command::new("rsvg-convert");
        command.arg(svg).arg("--output").arg(&out);
        self.run(command, &out)
    }

    /// The window is larger than any picture, which stands in its upper left corner.
    fn chromium(&self, svg: &Path) -> Vec<u8> {
        let out = self.file("chromium.png");
        let mut command = Command::new("chromium");
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"]);
        command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
        command.args(["--disable-lcd-text", "--font-render-hinting=none", "--force-color-profile=srgb"]);
        command.args(["--force-device-scale-factor=1", "--window-size=1800,2100"]);
        command.arg(format!("--user-data-dir={}", self.file("profile").display()));
        command.arg(format!("--screenshot={}", out.display())).arg(format!("file://{}", svg.display()));
        self.run(command, &out)
    }
}

fn is_installed(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn chromium_and_librsvg_show_what_resvg_draws() {
    let [chromium, librsvg] = ["chromium", "rsvg-convert"].map(is_installed);
    for (program, there) in [("chromium", chromium), ("rsvg-convert", librsvg)] {
        if !there {
            println!("skipped: no {program} to compare with; Debian has chromium and librsvg2-bin");
        }
    }
    let desk = Desk::new();
    for (at, brief) in BRIEFS.into_iter().enumerate() {
        let Verdict::Accepted { file, .. } = check(&compose(brief, 0)) else { unreachable!("{brief}") };
        let draw = |format| {
            let request =
                Request { file: &file, parameters: &[], allow_text: true, format, width: None, generation_id: "viewers" };
            render(&request).unwrap().bytes
        };
        let png = draw(Format::Png);
        for (name, format, at_librsvg, at_chromium) in
            [("text", Format::Svg, TEXT_LIBRSVG, TEXT_CHROMIUM), ("outlines", Format::SvgOutlines, OUTLINES, OUTLINES)]
        {
            // Two of them are enough to see that outlines are as good everywhere.
            if format == Format::SvgOutlines && at > 1 {
                continue;
            }
            let svg = desk.file("picture.svg");
            fs::write(&svg, draw(format)).unwrap();
            let what = |viewer: &str| format!("picture {at} as {name} in {viewer}");
            if librsvg {
                assert_alike(&what("librsvg"), &png, &desk.librsvg(&svg), at_librsvg);
            }
            if chromium {
                assert_alike(&what("Chromium"), &png, &desk.chromium(&svg), at_chromium);
            }
        }
    }
}
