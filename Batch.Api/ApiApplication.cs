using Batch.Api.DeadLetters;
using Batch.Api.Hosting;
using Batch.Api.Jobs;
using Batch.Api.Models;
using Batch.Api.OpenApi;
using Batch.Api.RejectedRows;
using Batch.Api.Schemas;
using Batch.Api.Tenants;
using Batch.Api.Uploads;
using Batch.ServiceDefaults;

namespace Batch.Api;

/// <summary>The API as a whole.</summary>
public static class ApiApplication
{
    /// <summary>Builds a process of the API alone; nothing is started.</summary>
    /// <param name="args">Configuration from the command line, for example <c>--urls http://*:8000</c>.</param>
    /// <param name="configure">Runs before the API's own registrations: an <c>ILog</c> registered here is the one that is used.</param>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args,
            ApplicationName = typeof(ApiApplication).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        configure?.Invoke(builder);
        builder.UseDefaultUrl();
        Register(builder);
        var app = builder.Build();
        Map(app);
        return app;
    }

    static void Register(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.AddApiServer();
        builder.AddTenants();
        builder.AddStores();
        builder.AddJobs();
        builder.AddApiDocument();
    }

    static void Map(WebApplication app)
    {
        app.UseMiddleware<EarlyAnswers>();
        app.UseProblems();
        app.UseTenants();
        app.MapDefaultEndpoints();
        app.MapOpenApi();

        var routes = app.MapGroup("").WithTenant().WithProblems();
        routes.MapSchemas();
        var stored = routes.MapGroup("").WithStores();
        stored.MapModels();
        stored.MapJobs();
        stored.MapRejectedRows();
        stored.MapDeadLetters();
    }
}
