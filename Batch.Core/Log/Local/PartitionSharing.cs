namespace Batch.Core.Log.Local;

/// <summary>Shares the partitions of one topic among members: evenly, and moving as few as that allows.</summary>
internal static class PartitionSharing
{
    /// <param name="owners">Who holds which partition now; changed to who shall. A member not in <paramref name="members"/> holds nothing.</param>
    /// <param name="load">Partitions of any topic that each member holds: ties go to the one with the least.</param>
    public static void Share<TMember>(TMember?[] owners, IReadOnlyList<TMember> members, Func<TMember, int> load)
        where TMember : class
    {
        if (members.Count == 0)
        {
            Array.Clear(owners);
            return;
        }
        var (least, onesMore) = Math.DivRem(owners.Length, members.Count);
        var held = members.ToDictionary(member => member, member => owners.Count(owner => owner == member));

        // Those who hold most keep the odd partitions, so that nothing moves where the shares are even already.
        var quota = new Dictionary<TMember, int>();
        foreach (var member in members.OrderByDescending(member => Math.Min(held[member], least + 1)).ThenBy(load))
            quota[member] = least + (onesMore-- > 0 ? 1 : 0);

        for (var partition = 0; partition < owners.Length; partition++)
            if (owners[partition] is { } owner && (!quota.TryGetValue(owner, out var room) || --quota[owner] < 0))
                owners[partition] = null;
        foreach (var member in members)
            quota[member] = Math.Max(quota[member], 0);
        for (var partition = 0; partition < owners.Length; partition++)
        {
            if (owners[partition] is not null)
                continue;
            var next = members.MaxBy(member => quota[member])!;
            quota[next]--;
            owners[partition] = next;
        }
    }
}
