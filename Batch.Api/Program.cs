using Batch.Api;

await ApiApplication.Create(args, configure: null).RunAsync();
