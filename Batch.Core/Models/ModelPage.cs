namespace Batch.Core.Models;

/// <summary>A model and its schema as it was submitted.</summary>
public sealed record SubmittedModel(ModelVersion Model, string SchemaJson);

/// <summary>One page of models; <see cref="Next"/> is the cursor of the next one, null on the last.</summary>
public sealed record ModelPage(IReadOnlyList<SubmittedModel> Models, string? Next);
