//! `lmc surface`: the loss around models.

use clap::Args;
use lmc::analyses::surfaces::{Directions, SurfaceOptions, SurfaceSample, most_surfaces};
use lmc::study::StudySpec;
use lmc::table::Table;
use lmc::{LmcError, Options, Result, figure, table};

use crate::compute::ComputeArgs;
use crate::computing::Computing;
use crate::members::{numbers, repeated};
use crate::output::{Output, identity, print, say, stacked};
use crate::slurm::{SlurmArgs, models, say_missing_copies};
use crate::study::StudyArgs;

#[derive(Args)]
pub struct Surface {
    #[command(flatten)]
    study: StudyArgs,
    /// The models around which the loss is sampled, such as s100,s104; the first if absent.
    #[arg(long, value_delimiter = ',', value_name = "MODEL,...")]
    around: Option<Vec<String>>,
    /// The directions: filter (random, each row of a matrix as long as that of the model), layer (each
    /// matrix), model (all matrices together), or trajectory (the principal components of the checkpoints).
    #[arg(long, default_value = "filter", value_name = "NAME")]
    directions: String,
    /// The evaluation set; the task's in-domain one, of a large set a sample of 512, if absent.
    #[arg(long, value_name = "SET")]
    set: Option<String>,
    /// The number of directions: 2 for a map, 1 for a curve.
    #[arg(long, default_value_t = 2, value_name = "N")]
    axes: usize,
    /// The points along each direction.
    #[arg(long, default_value_t = 21, value_name = "N")]
    points: usize,
    /// The farthest point of a random direction, in its lengths. The margin around a trajectory is a quarter
    /// of this number times the longer side of the path.
    #[arg(long, default_value_t = 1.0, value_name = "LENGTHS")]
    extent: f64,
    /// Draws random directions; the same for all models.
    #[arg(long, default_value_t = 0, value_name = "N")]
    surface_seed: u64,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    slurm: SlurmArgs,
}

impl Computing for Surface {
    fn compute(&self) -> &ComputeArgs {
        &self.compute
    }

    fn spec(&self) -> Result<StudySpec> {
        self.study.spec()
    }
}

impl Surface {
    pub fn check(&self) -> Result<()> {
        let spec = self.study.spec()?;
        let options = self.options()?;
        options.validate()?;
        let n_kept = spec.recipe.trajectory.len();
        if options.directions == Directions::Trajectory && spec.models.is_none() && n_kept < 4 {
            let (got, expected) = (format!("{n_kept} checkpoints"), "at least 4 for a path, see `lmc spec`");
            return Err(LmcError::InvalidParameter {
                field: "recipe.trajectory",
                got,
                expected: expected.into(),
            });
        }
        self.slurm.check_with(&self.compute)?;
        self.models(&spec).map(|_| ())
    }

    fn options(&self) -> Result<SurfaceOptions> {
        Ok(SurfaceOptions {
            directions: Directions::named(&self.directions)?,
            n_directions: self.axes,
            n_points: self.points,
            extent: self.extent,
            seed: self.surface_seed,
        })
    }

    /// Returns the numbers of the models.
    fn models(&self, spec: &StudySpec) -> Result<Vec<usize>> {
        let Some(names) = &self.around else { return Ok(vec![0]) };
        let most = most_surfaces(self.axes);
        if names.len() > most {
            let (got, expected) = (format!("{} models", names.len()), format!("at most {most} in a figure"));
            return Err(LmcError::InvalidParameter { field: "around", got, expected });
        }
        let numbers = numbers(names.iter().map(String::as_str), &spec.names()?)?;
        match repeated(&numbers) {
            None => Ok(numbers),
            Some(place) => Err(LmcError::InvalidParameter {
                field: "around",
                got: format!("{} twice", names[place]),
                expected: "each model once".to_owned(),
            }),
        }
    }

    pub fn run(self) -> Result<()> {
        let study = self.slurm.open(&self.study, &self.compute)?;
        let set = self.set.as_deref().unwrap_or(study.spec().swept());
        study.task().set(set)?;
        let out = self.output.open("surface")?;
        let (numbers, options) = (self.models(study.spec())?, self.options()?);
        let slurm = self.slurm.slurm(self.compute.devices());
        if let Some(slurm) = slurm.as_ref().filter(|_| self.slurm.is_dry_run()) {
            if !say_missing_copies(&study, slurm, "The surfaces follow")? {
                say(study.models()?.surfaces_submission(slurm, set, &numbers, &options)?);
            }
            return Ok(());
        }
        let models = models(&study, slurm.as_ref())?;
        let surface = |&model: &usize| models.surface(set, model, &options);
        let samples = match &slurm {
            Some(slurm) => models.surfaces_on(slurm, set, &numbers, &options)?,
            None => numbers.iter().map(surface).collect::<Result<_>>()?,
        };
        let points = samples.iter().map(Table::table).collect::<Result<Vec<_>>>()?;
        let around = samples.iter().map(SurfaceSample::models).collect::<Result<Vec<_>>>()?;
        let (points, around) = (stacked(points)?, stacked(around)?);
        print(&around)?;
        let mut figures = vec![("surfaces", figure::surfaces(&points, &around, set)?)];
        if self.axes > 1 {
            figures.push(("surfaces-3d", figure::surfaces_3d(&points, &around, set)?));
        }
        let tables = [(&table::SURFACES, &points), (&table::SURFACE_MODELS, &around)];
        out.write(&identity(&models), &tables, &figures)
    }
}
