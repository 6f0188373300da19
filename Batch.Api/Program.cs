using Batch.Api;
using Batch.ServiceDefaults.Hosting;

return await ServiceProgram.RunAsync(() => ApiApplication.Create(args, configure: null));
