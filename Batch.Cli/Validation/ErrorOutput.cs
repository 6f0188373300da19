using Batch.Csv;

namespace Batch.Cli.Validation;

/// <summary>Where the errors of files are shown. Pages are filled by several threads, and taken in the order of the file.</summary>
internal abstract class ErrorOutput : IDisposable
{
    /// <param name="title">What the file is called.</param>
    /// <param name="header">Its header line.</param>
    public abstract void BeginFile(string title, CsvHeader header, CsvDialect dialect);

    /// <summary>An empty page for the file at hand; null: no more are wanted.</summary>
    public abstract ErrorPage? NewPage();

    public abstract void Take(ErrorPage page);

    /// <summary>The file at hand is over.</summary>
    public virtual void EndFile()
    {
    }

    /// <summary>All files are.</summary>
    public virtual void Dispose()
    {
    }
}
