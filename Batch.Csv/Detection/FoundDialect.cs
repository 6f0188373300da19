using Batch.Csv.Dialects;

namespace Batch.Csv.Detection;

/// <summary>A dialect that was found, in words.</summary>
static class FoundDialect
{
    /// <summary>What differs from what was told, and how to have it read otherwise.</summary>
    public static string Say(FileDialect? found, FileDialect? told) =>
        $"The header line shows how the file is written: {Name(Differing(found ?? new(), told ?? new()))}. It was read so; --no-detect (in a request: "
        + "detect=false) reads it as told.";

    /// <summary><c>delimiter=; skip=3</c>.</summary>
    public static string Name(FileDialect dialect) => string.Join(' ', new[]
    {
        dialect.Encoding is { } encoding ? $"encoding={encoding}" : null,
        dialect.Skip is { } skip ? $"skip={skip}" : null,
        dialect.Delimiter is { } delimiter ? $"delimiter={Word(delimiter)}" : null,
        dialect.Quote is { } quote ? $"quote={(quote.Length == 0 ? "none" : quote)}" : null,
    }.OfType<string>().DefaultIfEmpty("as plain CSV"));

    static FileDialect Differing(FileDialect found, FileDialect told) => new()
    {
        Encoding = found.Encoding == told.Encoding ? null : found.Encoding ?? "UTF-8",
        Skip = found.Skip == told.Skip ? null : found.Skip ?? 0,
        Delimiter = found.Delimiter == told.Delimiter ? null : found.Delimiter ?? ",",
        Quote = found.Quote == told.Quote ? null : found.Quote ?? "\"",
    };

    static string Word(string delimiter) => delimiter switch { "\t" => "tab", " " => "space", _ => delimiter };
}
