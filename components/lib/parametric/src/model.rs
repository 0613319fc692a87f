//! The file as this library keeps it in memory, and how it is written.

use serde::Serialize;

use crate::colour::Rgb;

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

    fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    fn is_one(&self) -> bool {
        *self == Self::ONE
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

#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the format")]
pub(crate) struct Gradient {
    pub(crate) gradient: GradientKind,
    pub(crate) angle: Num,
    pub(crate) stops: Vec<Stop>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GradientKind {
    Linear,
    Radial,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Stop {
    pub(crate) at: Num,
    pub(crate) color: Color,
    #[serde(skip_serializing_if = "Num::is_one")]
    pub(crate) opacity: Num,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Stroke {
    pub(crate) color: Color,
    pub(crate) width: Num,
    #[serde(skip_serializing_if = "Dash::is_solid")]
    pub(crate) dash: Dash,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Dash {
    Solid,
    Dashed,
    Dotted,
}

impl Dash {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    fn is_solid(&self) -> bool {
        *self == Self::Solid
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct File {
    pub(crate) version: u8,
    pub(crate) title: String,
    pub(crate) canvas: Canvas,
    pub(crate) palette: Vec<Swatch>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) layers: Vec<Layer>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Canvas {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) unit: &'static str,
    pub(crate) margin: f64,
    pub(crate) background: Paint,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Swatch {
    pub(crate) name: String,
    pub(crate) color: Rgb,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Parameter {
    #[serde(flatten)]
    pub(crate) value: Value,
    pub(crate) name: String,
    pub(crate) label: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Value {
    Number { default: f64, min: f64, max: f64, step: f64 },
    Color { default: Color },
    Text { default: String },
    Choice { default: String, options: Vec<String> },
    Switch { default: bool },
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Layer {
    #[serde(flatten)]
    pub(crate) kind: Kind,
    #[serde(skip_serializing_if = "Num::is_one")]
    pub(crate) opacity: Num,
    #[serde(skip_serializing_if = "Num::is_zero")]
    pub(crate) rotate: Num,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) when: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Frame {
    pub(crate) x: Num,
    pub(crate) y: Num,
    pub(crate) width: Num,
    pub(crate) height: Num,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Look {
    pub(crate) fill: Paint,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stroke: Option<Stroke>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Kind {
    Rectangle {
        #[serde(flatten)]
        frame: Frame,
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
        points: Vec<[Num; 2]>,
        #[serde(flatten)]
        look: Look,
    },
    Text(Box<Text>),
    Group {
        x: Num,
        y: Num,
        #[serde(skip_serializing_if = "Num::is_one")]
        scale: Num,
        layers: Vec<Layer>,
    },
    Repeat {
        pattern: Pattern,
        x: Num,
        y: Num,
        count: Num,
        #[serde(skip_serializing_if = "Num::is_one")]
        rows: Num,
        #[serde(skip_serializing_if = "Num::is_zero")]
        dx: Num,
        #[serde(skip_serializing_if = "Num::is_zero")]
        dy: Num,
        #[serde(skip_serializing_if = "Num::is_zero")]
        radius: Num,
        layers: Vec<Layer>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names of the format")]
pub(crate) struct Text {
    pub(crate) text: String,
    #[serde(flatten)]
    pub(crate) frame: Frame,
    pub(crate) font: Font,
    pub(crate) weight: Weight,
    pub(crate) size: Num,
    pub(crate) fill: Paint,
    pub(crate) align: Align,
    #[serde(skip_serializing_if = "Vertical::is_top")]
    pub(crate) vertical: Vertical,
    pub(crate) leading: Num,
    #[serde(skip_serializing_if = "Num::is_zero")]
    pub(crate) tracking: Num,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) uppercase: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) italic: bool,
}

macro_rules! words {
    ($($name:ident { $($variant:ident),* })*) => {
        $(
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
            #[serde(rename_all = "snake_case")]
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
    Font { Serif, Sans, Condensed }
    Weight { Regular, Bold, Black }
    Align { Left, Center, Right }
    Vertical { Top, Middle, Bottom }
    Pattern { Grid, Line, Circle }
}

impl Vertical {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
    fn is_top(&self) -> bool {
        *self == Self::Top
    }
}
