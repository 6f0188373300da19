namespace Batch.Tests.EndToEnd.Cluster;

/// <summary>One broker and one engine for all tests of clusters.</summary>
[CollectionDefinition("cluster", DisableParallelization = true)]
public sealed class ClusterCollection : ICollectionFixture<ClusterParts>;
