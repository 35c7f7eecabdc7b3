//! Plots as inline SVG: pure functions from merged figures to markup.
//!
//! Separate from the report, which explains a plot. Each question has a file: [`price`], [`percentiles`], [`sweep`],
//! [`phases`], [`ccdf`], [`holds`], [`drift`], [`over_time`], [`moves`], [`timeline`]. Each fills a [`frame::Frame`] with lines and bars on two
//! [`axis::Axis`]. [`frame`] passes it to plotters, and [`svg`] is the one place that knows the form of the SVG.
//! [`ink`] has colours, dashes and markers, and [`same`] finds curves that coincide.
pub(crate) mod axis;
pub(crate) mod ccdf;
pub(crate) mod drift;
pub(crate) mod frame;
pub(crate) mod holds;
pub(crate) mod ink;
pub(crate) mod moves;
pub(crate) mod over_time;
pub(crate) mod percentiles;
pub(crate) mod phases;
pub(crate) mod price;
pub(crate) mod same;
pub(crate) mod svg;
pub(crate) mod sweep;
pub(crate) mod timeline;
