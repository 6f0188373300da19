using Batch.ServiceDefaults.Hosting;
using Batch.Worker;

return await ServiceProgram.RunAsync(() => WorkerApplication.Create(args));
