namespace Batch.Tests.EndToEnd;

/// <summary>Tests that start whole systems run one after the other: each of them wants the machine.</summary>
[CollectionDefinition("end to end")]
public sealed class EndToEndCollection;

/// <summary>One running system for the tests that only use it.</summary>
[CollectionDefinition("one system")]
public sealed class OneSystemCollection : ICollectionFixture<OneSystem>;

public sealed class OneSystem : IAsyncLifetime
{
    StandaloneProcess? _process;

    public StandaloneProcess System => _process!;

    public async Task InitializeAsync() => _process = await StandaloneProcess.StartNewAsync();

    public async Task DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
    }
}
