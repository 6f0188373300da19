using System.Reflection;

namespace Batch.Primitives;

/// <summary>The version of everything that was built together, as the git tags have it: 1.2.3, or 1.2.4-alpha.0.5 five commits later.</summary>
public static class ProductVersion
{
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
