namespace Batch.Tests.EmbeddedClickHouse;

/// <summary>Tests of this collection share one ClickHouse process; each makes a database of its own.</summary>
/// <example><c>[Collection(ClickHouseCollection.Name)] public sealed class ModelStoreTests(ClickHouseProcess clickHouse)</c></example>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClickHouseCollection : ICollectionFixture<ClickHouseProcess>
{
    public const string Name = "ClickHouse";
}
