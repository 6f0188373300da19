using System.Globalization;

namespace Batch.Tests;

/// <summary>Environment variables that make a test run longer, or with another seed.</summary>
internal static class TestSettings
{
    public static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
