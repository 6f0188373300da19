using System.Reflection;
using Batch.Tests.Deployment;

namespace Batch.Tests.Architecture;

/// <summary>The commands of CONTRIBUTING.md run every test once.</summary>
[Trait("Tier", "unit")]
public sealed class TierTests
{
    static readonly string[] Tiers = ["unit", "store", "system"];

    [Fact]
    public void Every_test_class_has_one_tier()
    {
        var wrong = from type in typeof(TierTests).Assembly.GetTypes()
                    where type.GetMethods().Any(method => method.GetCustomAttributes().Any(attribute => attribute is FactAttribute))
                    let tiers = TiersOf(type)
                    where tiers.Count != 1 || !Tiers.Contains(tiers[0])
                    select $"{type.Name}: {string.Join(", ", tiers)}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void CONTRIBUTING_has_the_command_of_each_tier()
    {
        var page = File.ReadAllText(Repository.File("CONTRIBUTING.md"));
        Assert.All(Tiers, tier => Assert.Contains($"`dotnet test Batch.sln --filter Tier={tier}`", page));
    }

    static List<string> TiersOf(Type type)
    {
        var tiers = new List<string>();
        for (var declaring = type; declaring is not null; declaring = declaring.BaseType)
            tiers.AddRange(declaring.GetCustomAttributesData()
                .Where(attribute => attribute.AttributeType == typeof(TraitAttribute) && attribute.ConstructorArguments[0].Value is "Tier")
                .Select(attribute => (string)attribute.ConstructorArguments[1].Value!));
        return [.. tiers.Distinct()];
    }
}
