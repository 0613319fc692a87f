//! The file as this library keeps it in memory, how it is written, and (in tests) its JSON Schema. Doc comments of fields are the
//! schema's descriptions, so they speak to whoever writes a file.

use serde::Serialize;

use crate::{colour::Rgb, path::PathData};

/// The parametric file, version 1: a visual as a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct File {
    /// Of the format.
    #[cfg_attr(test, schemars(schema_with = "crate::schema::version"))]
    pub(crate) version: u8,
    /// What the visual is called.
    #[cfg_attr(test, schemars(length(max = 120)))]
    pub(crate) title: String,
    pub(crate) canvas: Canvas,
    /// The colours that layers use by name.
    #[cfg_attr(test, schemars(length(max = 24)))]
    pub(crate) palette: Vec<Swatch>,
    /// What the owner of the visual can change.
    #[cfg_attr(test, schemars(length(max = 24)))]
    pub(crate) parameters: Vec<Parameter>,
    /// From back to front.
    #[cfg_attr(test, schemars(length(min = 1, max = 500)))]
    pub(crate) layers: Vec<Layer>,
}

/// What the visual is drawn on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
pub(crate) struct Canvas {
    #[cfg_attr(test, schemars(range(min = 20, max = 4096)))]
    pub(crate) width: f64,
    #[cfg_attr(test, schemars(range(min = 20, max = 4096)))]
    pub(crate) height: f64,
    pub(crate) unit: Unit,
    /// Texts keep this distance from the edges.
    #[cfg_attr(test, schemars(range(min = 0)))]
    pub(crate) margin: f64,
    pub(crate) background: Paint,
}

/// A colour of the palette.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
pub(crate) struct Swatch {
    #[cfg_attr(test, schemars(regex(pattern = "^[a-z][a-z0-9_]{0,31}$")))]
    pub(crate) name: String,
    pub(crate) color: Rgb,
}

/// Something that the owner of the visual can change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Parameter {
    #[serde(flatten)]
    pub(crate) value: Value,
    #[cfg_attr(test, schemars(regex(pattern = "^[a-z][a-z0-9_]{0,31}$")))]
    pub(crate) name: String,
    /// In the language of the brief.
    #[cfg_attr(test, schemars(length(max = 120)))]
    pub(crate) label: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
pub(crate) enum Value {
    Number {
        default: f64,
        min: f64,
        max: f64,
        step: f64,
    },
    Color {
        default: Color,
    },
    Text {
        #[cfg_attr(test, schemars(length(max = 2000)))]
        default: String,
    },
    Choice {
        #[cfg_attr(test, schemars(length(max = 120)))]
        default: String,
        #[cfg_attr(test, schemars(length(min = 2, max = 12)))]
        options: Vec<String>,
    },
    Switch {
        default: bool,
    },
}

/// Something that is drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Layer {
    #[serde(flatten)]
    pub(crate) kind: Kind,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Num::is_one")]
    pub(crate) opacity: Num,
    /// Degrees clockwise, about the layer's middle.
    #[serde(skip_serializing_if = "Num::is_zero")]
    pub(crate) rotate: Num,
    /// Shown only where this holds: `switch`, `!switch`, `choice == option` or `choice != option`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "String", length(max = 160)))]
    pub(crate) when: Option<String>,
}

// A box: its top left corner and its sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Frame {
    pub(crate) x: Num,
    pub(crate) y: Num,
    pub(crate) width: Num,
    pub(crate) height: Num,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Look {
    pub(crate) fill: Paint,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Stroke"))]
    pub(crate) stroke: Option<Stroke>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Shadow"))]
    pub(crate) shadow: Option<Shadow>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
pub(crate) enum Kind {
    Rectangle {
        #[serde(flatten)]
        frame: Frame,
        /// Of the corners.
        #[serde(skip_serializing_if = "Num::is_zero")]
        radius: Num,
        #[serde(flatten)]
        look: Look,
    },
    Ellipse {
        #[serde(flatten)]
        frame: Frame,
        #[serde(flatten)]
        look: Look,
    },
    Line {
        x1: Num,
        y1: Num,
        x2: Num,
        y2: Num,
        stroke: Stroke,
    },
    Polygon {
        #[cfg_attr(test, schemars(length(min = 3, max = 200)))]
        points: Vec<[Num; 2]>,
        #[serde(flatten)]
        look: Look,
    },
    Path {
        /// SVG path data in a square from 0 0 to `view` `view`, which is stretched onto the box.
        d: PathData,
        /// The side of that square.
        #[serde(skip_serializing_if = "is_hundred")]
        #[cfg_attr(test, schemars(range(min = 1, max = 4096)))]
        view: f64,
        #[serde(flatten)]
        frame: Frame,
        #[serde(flatten)]
        look: Look,
    },
    Text(Box<Text>),
    /// Layers that are moved, scaled, turned, faded and clipped together.
    Group {
        x: Num,
        y: Num,
        #[serde(skip_serializing_if = "Num::is_one")]
        scale: Num,
        /// Nothing outside of this shape is drawn.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schemars(with = "Clip"))]
        clip: Option<Clip>,
        #[cfg_attr(test, schemars(length(min = 1)))]
        layers: Vec<Layer>,
    },
    /// Copies of layers, whose numbers may use `index`, `row` and `column`.
    Repeat {
        pattern: Pattern,
        /// Of the first copy, or of the circle's middle.
        x: Num,
        y: Num,
        /// Copies along a row, a line or a circle.
        count: Num,
        /// Of a grid.
        #[serde(skip_serializing_if = "Num::is_one")]
        rows: Num,
        /// From one copy to the next, of a grid or line.
        #[serde(skip_serializing_if = "Num::is_zero")]
        dx: Num,
        #[serde(skip_serializing_if = "Num::is_zero")]
        dy: Num,
        /// Of a circle.
        #[serde(skip_serializing_if = "Num::is_zero")]
        radius: Num,
        #[cfg_attr(test, schemars(length(min = 1)))]
        layers: Vec<Layer>,
    },
}

/// A text in a box, wrapped at white space; `{name}` stands for a parameter's value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the format")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
pub(crate) struct Text {
    #[cfg_attr(test, schemars(length(min = 1, max = 2000)))]
    pub(crate) text: String,
    #[serde(flatten)]
    pub(crate) frame: Frame,
    pub(crate) font: Font,
    pub(crate) weight: Weight,
    /// Of the letters.
    pub(crate) size: Num,
    pub(crate) fill: Paint,
    pub(crate) align: Align,
    #[serde(skip_serializing_if = "Vertical::is_top")]
    pub(crate) vertical: Vertical,
    /// From line to line, in sizes.
    #[serde(skip_serializing_if = "Num::is_default_leading")]
    pub(crate) leading: Num,
    /// Between letters, in sizes: -0.1 to 1.
    #[serde(skip_serializing_if = "Num::is_zero")]
    pub(crate) tracking: Num,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) uppercase: bool,
    /// Of the serif font.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) italic: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Stroke"))]
    pub(crate) stroke: Option<Stroke>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Shadow"))]
    pub(crate) shadow: Option<Shadow>,
}

/// An outline.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Stroke {
    pub(crate) color: Color,
    pub(crate) width: Num,
    #[serde(skip_serializing_if = "Dash::is_solid")]
    pub(crate) dash: Dash,
}

/// A copy of the shape behind it, moved and softened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Shadow {
    pub(crate) color: Color,
    pub(crate) dx: Num,
    pub(crate) dy: Num,
    /// How wide its edge fades.
    pub(crate) blur: Num,
    /// 0 to 1.
    pub(crate) opacity: Num,
}

/// What a group is cut to, in the group's own coordinates.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Clip {
    pub(crate) shape: ClipShape,
    #[serde(flatten)]
    pub(crate) frame: Frame,
}

/// A colour that runs into others over a layer's box.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the format")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Gradient {
    pub(crate) gradient: GradientKind,
    /// Of a linear one, in degrees: 0 runs to the right, 90 down.
    pub(crate) angle: Num,
    #[cfg_attr(test, schemars(length(min = 2, max = 8)))]
    pub(crate) stops: Vec<Stop>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
pub(crate) struct Stop {
    /// 0 to 1.
    #[cfg_attr(test, schemars(range(min = 0, max = 1)))]
    pub(crate) at: f64,
    pub(crate) color: Color,
    /// 0 to 1.
    #[serde(skip_serializing_if = "is_one")]
    #[cfg_attr(test, schemars(range(min = 0, max = 1)))]
    pub(crate) opacity: f64,
}

/// A number, or an expression over parameters and the canvas.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Num {
    Literal(f64),
    Expression(String),
}

impl Num {
    pub(crate) const ZERO: Self = Self::Literal(0.0);
    pub(crate) const ONE: Self = Self::Literal(1.0);
    /// The distance of lines where a file says nothing.
    pub(crate) const LEADING: Self = Self::Literal(1.2);

    fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    fn is_one(&self) -> bool {
        *self == Self::ONE
    }

    fn is_default_leading(&self) -> bool {
        *self == Self::LEADING
    }
}

/// `#rrggbb`, or the name of a colour parameter or palette colour.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Color {
    Value(Rgb),
    Named(String),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Paint {
    /// `none`.
    None(Nothing),
    Solid(Color),
    Gradient(Gradient),
}

impl Paint {
    pub(crate) const NONE: Self = Self::None(Nothing::None);
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Nothing {
    None,
}

#[cfg_attr(target_pointer_width = "64", expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls"))]
fn is_one(number: &f64) -> bool {
    (number - 1.0).abs() < f64::EPSILON
}

#[cfg_attr(target_pointer_width = "64", expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls"))]
fn is_hundred(number: &f64) -> bool {
    (number - 100.0).abs() < f64::EPSILON
}

macro_rules! words {
    ($($(#[$attribute:meta])* $name:ident { $($variant:ident),* })*) => {
        $(
            $(#[$attribute])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
            #[serde(rename_all = "snake_case")]
            #[cfg_attr(test, derive(schemars::JsonSchema), schemars(inline))]
            pub(crate) enum $name { $($variant),* }

            impl $name {
                pub(crate) fn from_word(word: &str) -> Option<Self> {
                    $(if word.eq_ignore_ascii_case(stringify!($variant)) { return Some(Self::$variant); })*
                    None
                }
            }
        )*
    };
}

words! {
    /// Pixels for screens, millimetres for print.
    Unit { Px, Mm }
    Font { Serif, Sans, Condensed }
    Weight { Regular, Bold, Black }
    Align { Left, Center, Right }
    Vertical { Top, Middle, Bottom }
    Pattern { Grid, Line, Circle }
    Dash { Solid, Dashed, Dotted }
    GradientKind { Linear, Radial }
    ClipShape { Rectangle, Ellipse }
}

impl Vertical {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    fn is_top(&self) -> bool {
        *self == Self::Top
    }
}

impl Dash {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    fn is_solid(&self) -> bool {
        *self == Self::Solid
    }
}
