using System.Text.Json.Serialization.Metadata;

namespace Batch.Cli.Output;

/// <summary>How one kind of thing is written for scripts: as JSON under the API's own names, and as CSV.</summary>
/// <param name="Columns">The names of the CSV's columns; scripts rely on them, so they only ever grow at the end.</param>
internal sealed record Shape<T>(JsonTypeInfo<T> Json, string[] Columns, Func<T, string[]> Cells);
