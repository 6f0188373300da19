using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Refit;

namespace Batch.Client;

/// <summary>How values are spelled in a query: flags only where they are set, a tab by its name, states as in JSON.</summary>
internal sealed class QueryValues : IUrlParameterFormatter
{
    public string? Format(object? value, ICustomAttributeProvider attributeProvider, Type type) => value switch
    {
        null or false => null,
        true => "true",
        '\t' => "tab",
        JobState state => JsonSerializer.SerializeToElement(state, BatchJson.Default.JobState).GetString(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
