using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Batch.EmbeddedKafka.Batches;

namespace Batch.EmbeddedKafka.Storage;

/// <summary>The idempotent producers of one partition.</summary>
/// <remarks>
/// What is appended is noted before it is on disk, so that batches of one round are checked against each other, and taken back
/// where the round fails. Bounded: a producer is forgotten after a day without an append, and the longest idle ones above 10,000.
/// Used by the writer's thread alone.
/// </remarks>
internal sealed class ProducerStates
{
    public const int Limit = 10_000;
    public static readonly TimeSpan MaxIdle = TimeSpan.FromDays(1);

    readonly Dictionary<long, ProducerState> _states = [];
    readonly List<(long ProducerId, ProducerState? Before)> _undo = [];

    public int Count => _states.Count;

    /// <summary>There is something that the last snapshot does not have.</summary>
    public bool Changed { get; private set; }

    /// <summary>The offset that a duplicate of this batch got; null for a new batch, which is then noted.</summary>
    /// <exception cref="KafkaErrorException">The batch does not follow what the producer has sent.</exception>
    public long? Admit(in RecordBatch batch, long baseOffset, long now, string partition)
    {
        if (!_states.TryGetValue(batch.ProducerId, out var state))
        {
            _undo.Add((batch.ProducerId, null));
            Add(batch, baseOffset, now);
            return null;
        }
        if (state.Duplicate(batch) is { } original)
            return original;
        var error = state.Check(batch);
        if (error != KafkaError.None)
            throw new KafkaErrorException(error, Explain(error, batch, state, partition));
        _undo.Add((batch.ProducerId, state));
        Add(batch, baseOffset, now);
        return null;
    }

    static string Explain(KafkaError error, in RecordBatch batch, in ProducerState state, string partition) =>
        error == KafkaError.InvalidProducerEpoch
            ? $"Producer {batch.ProducerId} sends epoch {batch.ProducerEpoch} to {partition}, where it has sent epoch {state.Epoch} already."
            : $"Producer {batch.ProducerId} sends sequence {batch.BaseSequence} of epoch {batch.ProducerEpoch} to {partition}; the last there is {state[state.Count - 1].LastSequence} of epoch {state.Epoch}.";

    /// <summary>Notes a batch without a check: one that is in the log already.</summary>
    public void Add(in RecordBatch batch, long baseOffset, long now)
    {
        ref var state = ref CollectionsMarshal.GetValueRefOrAddDefault(_states, batch.ProducerId, out _);
        state.Add(batch.ProducerEpoch, new ProducerState.Sent(
            batch.BaseSequence, ProducerState.LastSequence(batch.BaseSequence, batch.LastOffsetDelta), baseOffset));
        state.LastSeen = now;
        Changed = true;
    }

    public void Commit()
    {
        _undo.Clear();
        if (_states.Count > Limit)
            ForgetLongestIdle();
    }

    public void Undo()
    {
        for (var i = _undo.Count - 1; i >= 0; i--)
        {
            if (_undo[i].Before is { } before)
                _states[_undo[i].ProducerId] = before;
            else
                _states.Remove(_undo[i].ProducerId);
        }
        _undo.Clear();
    }

    public void ForgetIdle(long now)
    {
        foreach (var (id, state) in _states)
            if (now - state.LastSeen > (long)MaxIdle.TotalMilliseconds)
                _states.Remove(id);
    }

    /// <summary>A tenth more than needed, so that this is not done for every new producer.</summary>
    void ForgetLongestIdle()
    {
        foreach (var id in _states.OrderBy(state => state.Value.LastSeen).Take(_states.Count - Limit * 9 / 10).Select(state => state.Key).ToArray())
            _states.Remove(id);
    }

    /// <summary>All of it as text: the end offset it belongs to, then a line for each producer.</summary>
    /// <remarks>
    /// <code>
    /// 120
    /// 4001 0 1764460800000 7:7:118 8:8:119      producer id, epoch, last append, batches first:last:offset
    /// </code>
    /// </remarks>
    public string Snapshot(long end)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{end}"));
        foreach (var (id, state) in _states)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{id} {state.Epoch} {state.LastSeen}");
            for (var i = 0; i < state.Count; i++)
                text.Append(CultureInfo.InvariantCulture, $" {state[i].FirstSequence}:{state[i].LastSequence}:{state[i].BaseOffset}");
        }
        return text.ToString();
    }

    public void Saved() => Changed = false;

    /// <returns>The end offset of the snapshot: batches from it on are to be added.</returns>
    public long Load(string snapshot)
    {
        var lines = snapshot.Split('\n');
        foreach (var line in lines.AsSpan(1))
        {
            var words = line.Split(' ');
            var state = new ProducerState { LastSeen = long.Parse(words[2], CultureInfo.InvariantCulture) };
            foreach (var word in words.AsSpan(3))
            {
                var numbers = word.Split(':');
                state.Add(short.Parse(words[1], CultureInfo.InvariantCulture), new ProducerState.Sent(
                    int.Parse(numbers[0], CultureInfo.InvariantCulture),
                    int.Parse(numbers[1], CultureInfo.InvariantCulture),
                    long.Parse(numbers[2], CultureInfo.InvariantCulture)));
            }
            _states[long.Parse(words[0], CultureInfo.InvariantCulture)] = state;
        }
        Changed = false;
        return long.Parse(lines[0], CultureInfo.InvariantCulture);
    }
}
