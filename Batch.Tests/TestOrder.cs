// One test after the other. Many of them start whole systems, kill processes or look at what a process allocates; two at once
// would measure each other, and gain little on the two cores that CI has.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
