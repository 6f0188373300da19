namespace Batch.Api.Uploads;

/// <summary>Marks a route whose body is a file, of any size.</summary>
internal sealed class TakesFile
{
    public static readonly TakesFile Mark = new();
}

internal static class TakesFileRoutes
{
    public static RouteHandlerBuilder TakesFile(this RouteHandlerBuilder route) => route.WithMetadata(Uploads.TakesFile.Mark);
}
