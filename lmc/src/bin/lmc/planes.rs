//! `lmc planes`: the loss on a plane through three models.

use clap::Args;
use lmc::path::PlaneOptions;
use lmc::study::{Study, StudySpec};
use lmc::table::Table;
use lmc::{Options, Result, figure, table};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::members::members;
use crate::output::{Output, identity, print, stacked};
use crate::study::StudyArgs;

#[derive(Args)]
pub struct Planes {
    #[command(flatten)]
    study: StudyArgs,
    /// The three models of a plane, such as s100,s101,s104; may be given again for more planes. The first three
    /// if absent.
    #[arg(long, value_name = "MODEL,MODEL,MODEL")]
    through: Vec<String>,
    /// The evaluation set; the task's in-domain one, of a large set a sample of 512, if absent.
    #[arg(long, value_name = "SET")]
    set: Option<String>,
    /// The distance of two points, as a share of that of the first two models.
    #[arg(long, default_value_t = 0.1, value_name = "UNITS")]
    spacing: f64,
    /// The margin around the models, in the same unit.
    #[arg(long, default_value_t = 0.3, value_name = "UNITS")]
    margin: f64,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    output: Output,
}

impl Computing for Planes {
    fn compute(&self) -> &ComputeArgs {
        &self.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }
}

impl Planes {
    pub fn check(&self) -> Result<()> {
        let spec = self.study.spec()?;
        spec.check_count(3, "a plane")?;
        self.options().validate()?;
        self.compute.check()?;
        self.planes(&spec.names()?).map(|_| ())
    }

    fn options(&self) -> PlaneOptions {
        PlaneOptions { spacing: self.spacing, margin: self.margin, ..PlaneOptions::default() }
    }

    /// Returns the numbers of the models of each plane.
    fn planes(&self, names: &[String]) -> Result<Vec<[usize; 3]>> {
        if self.through.is_empty() {
            return Ok(vec![[0, 1, 2]]);
        }
        self.through.iter().map(|plane| members("through", plane, names)).collect()
    }

    pub fn run(self) -> Result<()> {
        let study = Study::open(self.study.spec()?)?.on(self.compute.compute()?)?;
        let set = self.set.as_deref().unwrap_or(study.spec().swept());
        study.task().set(set)?;
        let out = self.output.open("planes")?;
        let models = study.models()?;
        let (mut points, mut anchors) = (Vec::new(), Vec::new());
        for plane in self.planes(&models.names())? {
            let sample = models.plane(set, plane, &self.options())?;
            points.push(sample.table()?);
            anchors.push(sample.anchors()?);
        }
        let (points, anchors) = (stacked(points)?, stacked(anchors)?);
        print(&anchors)?;
        let figures = [
            ("planes", figure::planes(&points, &anchors, set, None)?),
            ("planes-3d", figure::planes_3d(&points, &anchors, set, None)?),
        ];
        let tables = [(&table::PLANES, &points), (&table::ANCHORS, &anchors)];
        out.write(&identity(&models), &tables, &figures)
    }
}
