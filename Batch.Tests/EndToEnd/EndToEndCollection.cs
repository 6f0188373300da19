namespace Batch.Tests.EndToEnd;

/// <summary>Tests that start whole systems run one after the other: each of them wants the machine.</summary>
[CollectionDefinition("end to end", DisableParallelization = true)]
public sealed class EndToEndCollection;

/// <summary>One running system for the tests that only use it.</summary>
[CollectionDefinition("one system", DisableParallelization = true)]
public sealed class OneSystemCollection : ICollectionFixture<OneSystem>;

public sealed class OneSystem : IAsyncLifetime
{
    SystemProcesses? _system;

    public SystemProcesses System => _system!;

    public async Task InitializeAsync() => _system = await SystemProcesses.StartNewAsync();

    public async Task DisposeAsync()
    {
        if (_system is not null)
            await _system.DisposeAsync();
    }
}
