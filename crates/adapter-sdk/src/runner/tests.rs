mod bus;
mod drops;
mod embedded;
mod faults;
mod intake;
mod recall;
mod redrive;
mod world;
