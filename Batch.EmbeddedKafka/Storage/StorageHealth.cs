using Microsoft.Extensions.Logging;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>Whether appends are taken now, and if not, why.</summary>
/// <remarks>
/// Room is looked at before every write. A fault of the disk is remembered until an append succeeds, or until the writer's thread,
/// which tries every second, can write and flush a small file: nobody may be appending because this says that nobody can.
/// </remarks>
internal sealed class StorageHealth(StoreContext context)
{
    const int ProbeMilliseconds = 1000;
    // librdkafka repeats a produce request about every second.
    const int RefusalMilliseconds = 5000;
    static readonly ReadOnlyMemory<byte> ProbeBytes = new byte[4096];

    volatile KafkaErrorException? _fault;
    long _bytes;
    long _wanted;
    long _nextProbe;
    long _refused;
    long _refusedAt = -RefusalMilliseconds;

    StoreOptions Options => context.Options;

    /// <summary>Of all segments.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public bool HasFault => _fault is not null;

    /// <summary>A sentence with folder and figures; null where appends are taken.</summary>
    public string? Error
    {
        get
        {
            try
            {
                // What does not fit is tried again and again; a byte would fit, and that is not what is asked.
                Demand(Environment.TickCount64 - Volatile.Read(ref _refusedAt) < RefusalMilliseconds ? Volatile.Read(ref _refused) : 0);
                return _fault?.Message;
            }
            catch (KafkaErrorException e)
            {
                return e.Message;
            }
            catch (Exception e) when (LogDisk.IsFault(e))
            {
                return LogDisk.Explain(e, Options.Directory).Message;
            }
        }
    }

    /// <exception cref="KafkaErrorException">There is no room.</exception>
    public void CheckRoom(long more)
    {
        try
        {
            Demand(more);
        }
        catch (KafkaErrorException)
        {
            Volatile.Write(ref _refused, more);
            Volatile.Write(ref _refusedAt, Environment.TickCount64);
            throw;
        }
    }

    void Demand(long more)
    {
        if (Options.MaxBytes > 0 && Bytes + Math.Max(more, 1) > Options.MaxBytes)
            throw new KafkaErrorException(
                KafkaError.KafkaStorageError, $"The log in {Options.Directory} holds {Bytes} bytes and may hold {Options.MaxBytes} (MaxBytes).");
        if (Options.MinFreeBytes > 0 && context.Disk.FreeBytes(Options.Directory) is var free && free - more < Options.MinFreeBytes)
            throw new KafkaErrorException(
                KafkaError.KafkaStorageError,
                $"The disk of the log in {Options.Directory} has {free} bytes free; {Options.MinFreeBytes} are left untouched (MinFreeBytes).");
    }

    public void Recount(IEnumerable<Partition> partitions) => Volatile.Write(ref _bytes, partitions.Sum(partition => partition.Bytes));

    public void Freed(long bytes) => Volatile.Write(ref _bytes, _bytes - bytes);

    public void Written(long bytes)
    {
        Volatile.Write(ref _bytes, _bytes + bytes);
        Forget();
    }

    /// <summary>What the clients of a failed append are told; a fault of the disk is remembered.</summary>
    public KafkaErrorException Explain(Exception e, long bytes)
    {
        if (e is KafkaErrorException known)
            return known;
        var free = LogDisk.IsFull(e) ? FreeBytes() : null;
        var told = free is null
            ? LogDisk.Explain(e, Options.Directory)
            : new KafkaErrorException(
                KafkaError.KafkaStorageError, $"The disk of the log in {Options.Directory} is full: {bytes} bytes did not fit, {free} are free.", e);
        (_fault, _wanted, _nextProbe) = (told, bytes, Environment.TickCount64 + ProbeMilliseconds);
        return told;
    }

    long? FreeBytes()
    {
        try
        {
            return context.Disk.FreeBytes(Options.Directory);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            return null;
        }
    }

    /// <summary>Looks from time to time whether a fault is over. The writer's thread alone.</summary>
    public void Heal()
    {
        if (_fault is null || Environment.TickCount64 < _nextProbe)
            return;
        _nextProbe = Environment.TickCount64 + ProbeMilliseconds;
        var path = Path.Combine(Options.Directory, "probe");
        try
        {
            if (context.Disk.FreeBytes(Options.Directory) < _wanted)
                return;
            using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            {
                context.Disk.Write(file, [ProbeBytes], 0);
                context.Disk.Flush(file);
            }
            Forget();
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            // Not yet.
        }
        finally
        {
            TryDelete(path);
        }
    }

    static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (LogDisk.IsFault(e))
        {
            // The next probe writes over it.
        }
    }

    void Forget()
    {
        if (_fault is null)
            return;
        _fault = null;
        context.Logger.Healed(Options.Directory);
    }
}
