using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Batch.Core.Chunks;
using ICSharpCode.SharpZipLib.Checksum;
using ICSharpCode.SharpZipLib.Zip.Compression;

namespace Batch.Core.Compression;

// A gzip file is one member after the other, zeros after the last at most (tape blocks):
//   1F 8B 08 flags time(4) xfl os [extra] [name 00] [comment 00] [crc16]   deflate data   crc32(4) length(4)
// .NET's GZipStream takes whatever does not begin like a member for the end of the file, so that a member with a damaged first byte, and all
// after it, would be missing without a word. Only who knows where the deflate data ends can tell: SharpZipLib's inflater does.
/// <summary>The text of a gzip file, read forward, asynchronously; every byte of the file is accounted for.</summary>
/// <remarks>Text is handed out before the checksum at the end of its member is known. The end of the stream comes only if all of them were right.</remarks>
/// <exception cref="CsvFileException">From reading: INVALID_GZIP, with what is wrong.</exception>
public sealed class GzipReader(Stream compressed) : Stream
{
    const int InputBytes = 64 << 10;
    const int HasHeaderCrc = 2, HasExtra = 4, HasName = 8, HasComment = 16, Reserved = 0xE0;

    readonly byte[] _input = new byte[InputBytes];
    readonly Inflater _inflater = new(noHeader: true);
    readonly Crc32 _crc = new();
    int _at, _filled;
    int _members;
    long _length;
    bool _inMember, _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!MemoryMarshal.TryGetArray<byte>(buffer, out var output))
            throw new ArgumentException("The inflater writes to arrays only.", nameof(buffer));
        while (!_ended && output.Count > 0)
        {
            if (!_inMember && !await BeginMemberAsync(cancellationToken))
                break;
            var count = Inflate(output);
            if (count > 0)
                return count;
            if (_inflater.IsFinished)
                await EndMemberAsync(cancellationToken);
            else if (await FillAsync(cancellationToken))
                GiveInput();
            else
                throw CutOff();
        }
        return 0;
    }

    int Inflate(ArraySegment<byte> output)
    {
        int count;
        try
        {
            count = _inflater.Inflate(output.Array, output.Offset, output.Count);
        }
        // Of damaged data it throws what it stumbles over, an index out of range included.
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            throw Fault("is damaged");
        }
        if (count == 0 && !_inflater.IsFinished && !_inflater.IsNeedingInput)
            throw Fault("is damaged");
        _crc.Update(output[..count]);
        _length += count;
        return count;
    }

    void GiveInput()
    {
        _inflater.SetInput(_input, _at, _filled - _at);
        _at = _filled;
    }

    /// <returns>False where the file ends here.</returns>
    async ValueTask<bool> BeginMemberAsync(CancellationToken cancellationToken)
    {
        if (_members > 0 && !await FillAsync(cancellationToken))
            return !(_ended = true);
        if (_members > 0 && _input[_at] == 0)
        {
            await SkipPaddingAsync(cancellationToken);
            return !(_ended = true);
        }
        _crc.Reset();
        if (await NextAsync(cancellationToken) != 0x1F || await NextAsync(cancellationToken) != 0x8B)
            throw Fault("is followed by bytes that are not gzip");
        var method = await NextAsync(cancellationToken);
        var flags = await NextAsync(cancellationToken);
        if (method != 8 || (flags & Reserved) != 0)
            throw Fault("has a damaged header");
        await SkipAsync(6, cancellationToken);
        if ((flags & HasExtra) != 0)
            await SkipAsync(await NextAsync(cancellationToken) | await NextAsync(cancellationToken) << 8, cancellationToken);
        for (var texts = flags & (HasName | HasComment); texts != 0; texts &= texts - 1)
            while (await NextAsync(cancellationToken) != 0)
            {
            }
        var crc = (int)_crc.Value & 0xFFFF;
        if ((flags & HasHeaderCrc) != 0 && crc != (await NextAsync(cancellationToken) | await NextAsync(cancellationToken) << 8))
            throw Fault("has a damaged header: its checksum does not match");
        _inflater.Reset();
        _crc.Reset();
        _length = 0;
        _members++;
        _inMember = true;
        GiveInput();
        return true;
    }

    async ValueTask EndMemberAsync(CancellationToken cancellationToken)
    {
        _at = _filled - _inflater.RemainingInput;
        var crc = (uint)_crc.Value;
        var trailer = new byte[8];
        for (var i = 0; i < trailer.Length; i++)
            trailer[i] = (byte)await NextAsync(cancellationToken);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != crc)
            throw Fault("is damaged: its text does not match its checksum (CRC-32)");
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer.AsSpan(4)) != (uint)_length)
            throw Fault("is damaged: its text is not as long as its checksum says (ISIZE)");
        _inMember = false;
    }

    async ValueTask SkipPaddingAsync(CancellationToken cancellationToken)
    {
        while (await FillAsync(cancellationToken))
        {
            if (_input.AsSpan(_at, _filled - _at).ContainsAnyExcept((byte)0))
                throw Fault("is followed by bytes that are not gzip");
            _at = _filled;
        }
    }

    async ValueTask SkipAsync(int count, CancellationToken cancellationToken)
    {
        for (; count > 0; count--)
            await NextAsync(cancellationToken);
    }

    /// <summary>The next byte of a header or trailer.</summary>
    async ValueTask<int> NextAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(cancellationToken))
            throw CutOff();
        _crc.Update(_input[_at]);
        return _input[_at++];
    }

    /// <returns>False where there is no more.</returns>
    async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_at < _filled)
            return true;
        _at = 0;
        _filled = await compressed.ReadAsync(_input, cancellationToken);
        return _filled > 0;
    }

    static CsvFileException CutOff() => Fault("is cut off");

    static CsvFileException Fault(string what) =>
        new("INVALID_GZIP", $"The gzip data {what}. Compress the file again; gzip -t checks it.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            compressed.Dispose();
    }

    public override ValueTask DisposeAsync() => compressed.DisposeAsync();

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
