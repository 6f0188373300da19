using Batch.Cli.Output;
using Batch.Csv;
using Batch.Csv.Compression;
using Batch.Csv.Streams;

namespace Batch.Cli;

/// <summary>A file to be read: by its path, or standard input for <c>-</c>; gzip is known by its first bytes, whatever the name.</summary>
internal sealed class InputFile : IAsyncDisposable
{
    InputFile(Stream stream, string? name, long? length, bool gzip) => (Stream, Name, Length, IsGzip) = (stream, name, length, gzip);

    public Stream Stream { get; }
    /// <summary>Without its folders; null for standard input.</summary>
    public string? Name { get; }
    /// <summary>Bytes as they are stored; null where nobody knows.</summary>
    public long? Length { get; }
    public bool IsGzip { get; }
    /// <summary>What it is called in messages.</summary>
    public string Title => Name ?? "standard input";

    /// <exception cref="NothingFoundException">There is no such file.</exception>
    /// <exception cref="UsageException">It is a folder.</exception>
    public static async Task<InputFile> OpenAsync(Terminal terminal, string path, CancellationToken cancellationToken)
    {
        var isInput = path == "-";
        CheckPath(path);
        if (isInput && terminal.Interactive)
            terminal.Say("Reading standard input; Ctrl-D ends it.");
        var file = isInput ? terminal.OpenInput() : Open(path);
        try
        {
            var peeked = await PrependedStream.PeekAsync(file, 2, cancellationToken);
            var gzip = peeked.Head.Span is [0x1F, 0x8B];
            if (file.CanSeek)
            {
                file.Position = 0;
                return new(file, isInput ? null : Path.GetFileName(path), file.Length, gzip);
            }
            return new(peeked, isInput ? null : Path.GetFileName(path), null, gzip);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="NothingFoundException">There is no such file.</exception>
    /// <exception cref="UsageException">It is a folder.</exception>
    public static void CheckPath(string path)
    {
        if (path == "-")
            return;
        if (Directory.Exists(path))
            throw new UsageException($"'{path}' is a folder. Give the files in it, for example {Path.Combine(path, "*.csv")}.");
        if (!File.Exists(path))
            throw Missing(path);
    }

    static FileStream Open(string path)
    {
        try
        {
            return new(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Missing(path);
        }
    }

    // As it was typed: what the system says has the whole path, which is harder to recognise.
    static NothingFoundException Missing(string path) => new($"There is no file '{path}'. Check the path.");

    /// <summary>Where it is a small text file, all of it.</summary>
    public static async Task<byte[]> ReadAllAsync(Terminal terminal, string path, int maxBytes, CancellationToken cancellationToken)
    {
        await using var file = await OpenAsync(terminal, path, cancellationToken);
        var bytes = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await file.Stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            bytes.Write(buffer, 0, read);
            if (bytes.Length > maxBytes)
                throw new UsageException($"{file.Title} is larger than {Names.Bytes(maxBytes)}. Is it the right file?");
        }
        return bytes.ToArray();
    }

    /// <summary>Its text, decompressed where it is gzip; for commands that read the file themselves.</summary>
    /// <param name="progress">Told the bytes as they are stored.</param>
    /// <remarks>Reading throws <see cref="CsvFileException"/> where the gzip is damaged or cut off.</remarks>
    public Stream Decompressed(IProgress<long> progress)
    {
        var metered = new MeteredStream(Stream, progress);
        return IsGzip ? new GzipReader(metered) : metered;
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
