namespace Batch.Cli.Output;

/// <summary>How data is printed: for people, or for scripts under stable names.</summary>
public enum OutputFormat { Table, Json, Ndjson, Csv }
