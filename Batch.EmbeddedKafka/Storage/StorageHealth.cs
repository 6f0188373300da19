namespace Batch.EmbeddedKafka.Storage;

/// <summary>Whether appends are taken now, and if not, why.</summary>
/// <remarks>
/// Room is looked at before every write. A refusal is remembered until an append succeeds, or until the writer's thread, which tries
/// every second, finds room for as much and can write and flush a small file: nobody may be appending because this says that nobody can.
/// </remarks>
internal sealed class StorageHealth(StoreContext context)
{
    const int ProbeMilliseconds = 1000;
    static readonly ReadOnlyMemory<byte> ProbeBytes = new byte[4096];

    volatile KafkaErrorException? _fault;
    long _bytes;
    long _wanted;
    long _nextProbe;

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
                CheckRoom(_fault is null ? 0 : _wanted);
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
        if (Options.MaxBytes > 0 && Bytes + Math.Max(more, 1) > Options.MaxBytes)
            throw new KafkaErrorException(
                KafkaError.KafkaStorageError, $"The log in {Options.Directory} has {Bytes} bytes; its limit is {Options.MaxBytes} (MaxBytes).");
        if (Options.MinFreeBytes > 0 && context.Disk.FreeBytes(Options.Directory) is var free && free - more < Options.MinFreeBytes)
            throw new KafkaErrorException(
                KafkaError.KafkaStorageError,
                $"The disk of the log in {Options.Directory} has {free} bytes free; {Options.MinFreeBytes} must stay free (MinFreeBytes).");
    }

    public void Recount(IEnumerable<Partition> partitions) => Volatile.Write(ref _bytes, partitions.Sum(partition => partition.Bytes));

    public void Freed(long bytes) => Volatile.Write(ref _bytes, _bytes - bytes);

    public void Written(long bytes)
    {
        Volatile.Write(ref _bytes, _bytes + bytes);
        Forget();
    }

    /// <summary>What the clients of a failed append are told, and what is remembered.</summary>
    /// <param name="bytes">Of the append.</param>
    public KafkaErrorException Explain(Exception e, long bytes)
    {
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
            CheckRoom(_wanted);
            if (context.Disk.FreeBytes(Options.Directory) < _wanted)
                return;
            using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            {
                context.Disk.Write(file, [ProbeBytes], 0);
                context.Disk.Flush(file);
            }
            Forget();
        }
        catch (Exception e) when (LogDisk.IsFault(e) || e is KafkaErrorException)
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
