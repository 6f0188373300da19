using System.Text;
using Batch.Csv;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Batch.Api.Uploads;

/// <summary>The file in a request's body, read as it arrives: a raw body, or the part called <c>file</c> of a form.</summary>
/// <remarks>
/// Nothing is buffered, so the fields of a form must come before the file. <see cref="CheckType"/> checks headers only
/// and comes first: a client that waits for <c>100 Continue</c> is refused before it sends anything.
/// </remarks>
internal sealed class UploadBody : IAsyncDisposable
{
    const int MaxPartHeaders = 16;
    const int MaxPartHeaderBytes = 16 << 10;
    const int MaxBoundaryLength = 200;

    static readonly HashSet<string> CsvTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        "text/csv", "application/csv", "text/plain", "text/tab-separated-values",
        "application/octet-stream", "application/gzip", "application/x-gzip",
    };

    static readonly MediaTypeHeaderValue PlainCsv = new("text/csv");

    readonly MultipartReader? _form;
    /// <summary>Of a form that is compressed as a whole.</summary>
    readonly Stream? _compressedForm;
    readonly UploadOptions _options;
    int _parts;

    UploadBody(MultipartReader? form, Stream? compressedForm, UploadOptions options) =>
        (_form, _compressedForm, _options) = (form, compressedForm, options);

    /// <summary>The CSV, decompressed.</summary>
    public Stream Csv { get; private set; } = Stream.Null;

    /// <exception cref="RequestException">415: the body is nothing that can hold a CSV file.</exception>
    public static void CheckType(HttpRequest request)
    {
        var type = TypeOf(request);
        if (!IsForm(type) && !CsvTypes.Contains(type.MediaType.ToString()))
            throw UnsupportedType(request.ContentType);
        CheckCharset(type);
        var encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !IsGzip(encoding) && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            throw new RequestException(415, "UNSUPPORTED_CONTENT_ENCODING", $"Content-Encoding: '{encoding}' is not supported. Send gzip, or the plain file.");
        if (IsForm(type))
            Boundary(type);
    }

    /// <summary>Reads up to the first byte of the file, and the form's fields before it into <paramref name="settings"/>.</summary>
    /// <exception cref="RequestException">The form has no file, or is not one.</exception>
    /// <exception cref="CsvFileException">INVALID_GZIP.</exception>
    public static async Task<UploadBody> OpenAsync(
        HttpRequest request, UploadSettings settings, UploadOptions options, CancellationToken cancellationToken)
    {
        var type = TypeOf(request);
        var gzip = IsGzip(request.Headers.ContentEncoding.ToString());
        if (!IsForm(type))
        {
            gzip |= type.MediaType.EndsWith("gzip", StringComparison.OrdinalIgnoreCase);
            if (type.MediaType.Equals("text/tab-separated-values", StringComparison.OrdinalIgnoreCase))
                settings.SetDefault("delimiter", "tab");
            return new UploadBody(null, null, options) { Csv = await CompressedBody.OpenAsync(new ClientBodyStream(request.Body), gzip, cancellationToken) };
        }

        // A form that is compressed as a whole is unpacked first; the file in it may be compressed on its own.
        Stream body = new ClientBodyStream(request.Body);
        if (gzip)
            body = await CompressedBody.OpenAsync(body, gzip, cancellationToken);
        var upload = new UploadBody(new MultipartReader(Boundary(type), body)
        {
            HeadersCountLimit = MaxPartHeaders,
            HeadersLengthLimit = MaxPartHeaderBytes,
        }, gzip ? body : null, options);
        await upload.FindFileAsync(settings, cancellationToken);
        return upload;
    }

    /// <summary>Reads what follows the file, so that nothing the caller sent is silently dropped.</summary>
    /// <exception cref="RequestException">There is a second file, or a setting that came too late.</exception>
    /// <exception cref="CsvFileException">INVALID_GZIP.</exception>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        while (await NextPartAsync(cancellationToken) is { } part)
        {
            if (part.IsFile)
                throw new RequestException(400, "MORE_THAN_ONE_FILE",
                    $"The form has a second file, '{part.FileName}'. One upload is one file: send each in its own request.");
            if (new UploadSettings().Set(part.Name, await ReadFieldAsync(part, cancellationToken)))
                throw new RequestException(400, "FIELD_AFTER_FILE",
                    $"The field '{part.Name}' comes after the file, too late to be used. Put it before the file, or in the query.");
        }
        // The checksum of a compressed form comes after its last part.
        if (_compressedForm is not null)
            await _compressedForm.CopyToAsync(Stream.Null, cancellationToken);
    }

    public ValueTask DisposeAsync() => Csv.DisposeAsync();

    async Task FindFileAsync(UploadSettings settings, CancellationToken cancellationToken)
    {
        while (await NextPartAsync(cancellationToken) is { } part)
        {
            if (!part.IsFile && part.Name != "file")
            {
                settings.Set(part.Name, await ReadFieldAsync(part, cancellationToken));
                continue;
            }
            if (part.Name != "file")
                throw new RequestException(400, "FILE_MISSING", $"The form's file is called '{part.Name}'; call the part 'file' (curl -F 'file=@data.csv').");
            settings.SetDefault("file_name", part.FileName ?? "");
            if (MediaTypeHeaderValue.TryParse(part.Section.ContentType, out var type))
                CheckCharset(type);
            Csv = await CompressedBody.OpenAsync(new ClientBodyStream(part.Section.Body), part.IsGzip, cancellationToken);
            return;
        }
        throw new RequestException(400, "FILE_MISSING", "The form has no part called 'file' (curl -F 'file=@data.csv').");
    }

    async Task<Part?> NextPartAsync(CancellationToken cancellationToken)
    {
        if (_form is null)
            return null;
        MultipartSection? section;
        try
        {
            section = await _form.ReadNextSectionAsync(cancellationToken);
        }
        catch (InvalidDataException fault)
        {
            throw new RequestException(400, "INVALID_FORM", $"The multipart form cannot be read: {fault.Message}");
        }
        catch (IOException fault) when (fault is not UploadInterruptedException)
        {
            throw new UploadInterruptedException(fault);
        }
        if (section is null)
            return null;
        if (++_parts > _options.MaxParts)
            throw new RequestException(400, "INVALID_FORM", $"The form has more than {_options.MaxParts} parts.");
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
            throw new RequestException(400, "INVALID_FORM", $"Part {_parts} of the form has no Content-Disposition header and therefore no name.");
        var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
        var fileName = disposition.FileNameStar.HasValue ? disposition.FileNameStar : HeaderUtilities.RemoveQuotes(disposition.FileName);
        return new(section, name, fileName.HasValue ? fileName.ToString() : null);
    }

    async Task<string> ReadFieldAsync(Part part, CancellationToken cancellationToken)
    {
        var value = new byte[_options.MaxFieldBytes + 1];
        var length = await part.Section.Body.ReadAtLeastAsync(value, value.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= _options.MaxFieldBytes ? Encoding.UTF8.GetString(value, 0, length)
            : throw new RequestException(400, "INVALID_FORM", $"The field '{part.Name}' is longer than {_options.MaxFieldBytes} bytes.");
    }

    static bool IsForm(MediaTypeHeaderValue type) => type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);

    static bool IsGzip(string encoding) => encoding.Trim().ToLowerInvariant() is "gzip" or "x-gzip";

    static string Boundary(MediaTypeHeaderValue type)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary);
        return boundary.Length is > 0 and <= MaxBoundaryLength ? boundary.ToString() : throw new RequestException(400, "INVALID_FORM",
            $"The Content-Type of a form needs a boundary of 1 to {MaxBoundaryLength} characters; curl -F and every HTTP library write one.");
    }

    static void CheckCharset(MediaTypeHeaderValue type)
    {
        var charset = HeaderUtilities.RemoveQuotes(type.Charset).ToString();
        if (charset.Length > 0 && charset.ToLowerInvariant() is not ("utf-8" or "utf8" or "us-ascii"))
            throw new RequestException(415, "UNSUPPORTED_ENCODING", $"The charset '{charset}' is not supported. Convert the file to UTF-8.");
    }

    /// <summary>A body without a content type, as curl -T sends it, is the file itself.</summary>
    static MediaTypeHeaderValue TypeOf(HttpRequest request) =>
        string.IsNullOrEmpty(request.ContentType) ? PlainCsv
        : MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? type
        : throw UnsupportedType(request.ContentType);

    static RequestException UnsupportedType(string? type) => new(415, "UNSUPPORTED_MEDIA_TYPE",
        $"A body of the type '{type}' cannot be read as a CSV file."
        + " Send the file itself (curl -T data.csv, or -H 'Content-Type: text/csv' --data-binary @data.csv), or a form (curl -F 'file=@data.csv').");

    sealed record Part(MultipartSection Section, string Name, string? FileName)
    {
        public bool IsFile => FileName is not null;

        public bool IsGzip => Section.ContentType is { } type && type.EndsWith("gzip", StringComparison.OrdinalIgnoreCase)
            || FileName is { } name && name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
    }
}
