using System.Reflection;
using Batch.Tests.Deployment;

namespace Batch.Tests.Architecture;

/// <summary>The commands of CONTRIBUTING.md run every test once, and only classes of the unit tier in parallel.</summary>
[Trait("Tier", "unit")]
public sealed class TierTests
{
    static readonly string[] Tiers = ["unit", "store", "system"];

    [Fact]
    public void Every_test_class_has_one_tier()
    {
        var wrong = from type in TestClasses()
                    let tiers = TiersOf(type)
                    where tiers.Count != 1 || !Tiers.Contains(tiers[0])
                    select $"{type.Name}: {string.Join(", ", tiers)}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Classes_outside_the_unit_tier_run_one_at_a_time()
    {
        var wrong = from type in TestClasses()
                    where !TiersOf(type).Contains("unit") && !RunsAlone(type)
                    select $"{type.Name}: add [Collection(OneAtATime.Name)]";
        Assert.Empty(wrong);
    }

    [Fact]
    public void CONTRIBUTING_has_the_command_of_each_tier()
    {
        var page = File.ReadAllText(Repository.File("CONTRIBUTING.md"));
        Assert.All(Tiers, tier => Assert.Contains($"`dotnet test Batch.sln --filter Tier={tier}`", page));
    }

    static IEnumerable<Type> TestClasses() => typeof(TierTests).Assembly.GetTypes()
        .Where(type => !type.IsAbstract && type.GetMethods().Any(method => method.GetCustomAttributes().Any(attribute => attribute is FactAttribute)));

    static List<string> TiersOf(Type type) =>
        [.. Attributes(type, typeof(TraitAttribute)).Where(arguments => arguments[0] is "Tier").Select(arguments => (string)arguments[1]!).Distinct()];

    static bool RunsAlone(Type type) => Attributes(type, typeof(CollectionAttribute)).FirstOrDefault() is [string name] && Alone.Value.Contains(name);

    /// <summary>Names of the collections that do not run beside others.</summary>
    static readonly Lazy<HashSet<string>> Alone = new(() =>
        [.. from type in typeof(TierTests).Assembly.GetTypes()
            from attribute in type.GetCustomAttributesData()
            where attribute.AttributeType == typeof(CollectionDefinitionAttribute)
                && attribute.NamedArguments.Any(argument => argument is { MemberName: "DisableParallelization", TypedValue.Value: true })
            select (string)attribute.ConstructorArguments[0].Value!]);

    /// <summary>The arguments of an attribute of the class and its bases, the class's own first.</summary>
    static IEnumerable<object?[]> Attributes(Type type, Type attribute)
    {
        for (var declaring = type; declaring is not null; declaring = declaring.BaseType)
            foreach (var found in declaring.GetCustomAttributesData().Where(found => found.AttributeType == attribute))
                yield return [.. found.ConstructorArguments.Select(argument => argument.Value)];
    }
}
