//! `lmc convexity`: whether clusters are basins for more than pairs of copies.

use clap::Args;
use lmc::analyses::convexity::{ConvexityOptions, TriangleOptions, Triangles};
use lmc::gap::Measure;
use lmc::options::Options;
use lmc::study::{StudySpec, Sweep};
use lmc::table::Table;
use lmc::{Result, figure, table};

use crate::basins::{Clustered, check_sizes};
use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::output::{Output, identity, print, say};

#[derive(Args)]
pub struct Convexity {
    #[command(flatten)]
    clustered: Clustered,
    /// The numbers of copies that are combined; all copies of a cluster, and all copies, always are as well.
    /// 2,3,4,8 if absent, up to the number of copies.
    #[arg(long, value_delimiter = ',', value_name = "N,...")]
    sizes: Option<Vec<usize>>,
    /// The most subsets of copies of each kind and size.
    #[arg(long, default_value_t = 24, value_name = "N")]
    subsets: usize,
    /// The least number of convex combinations of each kind and size, over all its subsets.
    #[arg(long, default_value_t = 192, value_name = "N")]
    combinations: usize,
    /// The concentration of the Dirichlet distribution of the weights; 1 is flat.
    #[arg(long, default_value_t = 1.0, value_name = "C")]
    concentration: f64,
    /// The most triples of copies whose triangles are sampled; 0 for none.
    #[arg(long, default_value_t = 600, value_name = "N")]
    triples: usize,
    #[command(flatten)]
    output: Output,
}

impl Computing for Convexity {
    fn compute(&self) -> &ComputeArgs {
        self.clustered.computed()
    }

    fn spec(&self) -> Result<StudySpec> {
        self.clustered.spec()
    }
}

impl Convexity {
    pub fn check(&self) -> Result<()> {
        let spec = self.clustered.check("convexity")?;
        self.options().validate()?;
        check_sizes("convexity.sizes", self.sizes.as_deref(), spec.n_models())?;
        self.triangles().map_or(Ok(()), |options| options.validate())
    }

    fn options(&self) -> ConvexityOptions {
        let default = ConvexityOptions::default();
        ConvexityOptions {
            sizes: self.sizes.clone().unwrap_or(default.sizes),
            n_subsets: self.subsets,
            n_points: self.combinations,
            concentration: self.concentration,
            ..default
        }
    }

    fn triangles(&self) -> Option<TriangleOptions> {
        let options = TriangleOptions { n_triples: self.triples, ..TriangleOptions::default() };
        (self.triples > 0).then_some(options)
    }

    pub fn run(self) -> Result<()> {
        let study = self.clustered.open()?;
        let out = self.output.open("convexity")?;
        let (models, sweep, basins) = self.clustered.compute(&study)?;
        let options = self.options();
        let convexity = models.convexity(&sweep.dataset, &basins, &options)?;
        let (all, points) = (convexity.table()?, convexity.points()?);
        print(&all)?;
        let mut tables = vec![(&table::CONVEXITY, &all), (&table::CONVEXITY_POINTS, &points)];
        let mut figures =
            vec![("convexity", figure::excess_strips(&all, &points)?.with_notes(&basins.notes))];
        let triangles;
        if let Some(options) = self.triangles() {
            let found = models.triangles(&sweep, &basins, &options)?;
            report(&sweep, &found)?;
            triangles = found.table()?;
            tables.push((&table::TRIANGLES, &triangles));
            figures.push(("triangles", figure::triangle_scatter(&triangles)?.with_notes(&basins.notes)));
        }
        out.write(&identity(&models), &tables, &figures)
    }
}

/// Prints how often the sides of a triangle do not show what is inside.
fn report(sweep: &Sweep, triangles: &Triangles) -> Result<()> {
    let largest =
        sweep.matrix(Measure::ConvexityGap)?.pairs().into_iter().map(|(.., gap)| gap).fold(0.0, f64::max);
    let all = &triangles.triangles;
    let above = all.iter().filter(|triangle| triangle.inside_gap > triangle.edge_gap).count();
    let certain = all.iter().filter(|triangle| triangle.interval.0 > 0.0).count();
    say(format_args!("largest convexity gap of a pair: {largest:.4} nats"));
    say(format_args!(
        "triangles: {}, less convex inside than on every side: {above}, beyond chance: {certain}",
        all.len()
    ));
    Ok(())
}
