using Batch.Client;

namespace Batch.Tests.Client;

/// <summary>A job as the API would answer it, and a client of a server that answers what a test wants.</summary>
internal static class StubAnswers
{
    public const string Job = """
        {"job_id":"123e4567e89b12d3a456426614174000","tenant_id":"tenant_a","model_id":"456a7890b1cd23ef4567678901234567",
        "total":3,"success":2,"errors":1,"percent":66,"state":"PARTIAL_SUCCESS",
        "created_at":"2023-03-15T12:01:40.000Z","updated_at":"2023-03-15T12:01:55.000Z"}
        """;

    public static BatchClient ClientOf(StubServer server, BatchClientOptions? options = null) =>
        new((options ?? new BatchClientOptions()) with { Address = server.Address });
}
