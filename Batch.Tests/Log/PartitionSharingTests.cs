using Batch.Core.Log.Local;
using Xunit;

namespace Batch.Tests.Log;

public sealed class PartitionSharingTests
{
    [Fact]
    public void Shares_are_even_complete_and_move_no_more_than_they_must()
    {
        var random = new Random(11);
        for (var round = 0; round < 2000; round++)
        {
            var owners = new string?[random.Next(1, 13)];
            var members = Enumerable.Range(0, random.Next(1, 6)).Select(i => $"m{i}").ToList();
            for (var change = 0; change < 5; change++)
            {
                var before = owners.ToArray();
                PartitionSharing.Share(owners, members, _ => 0);

                var least = owners.Length / members.Count;
                Assert.All(members, member => Assert.InRange(owners.Count(owner => owner == member), least, least + (owners.Length % members.Count > 0 ? 1 : 0)));
                Assert.All(owners, owner => Assert.Contains(owner, members));
                Assert.Equal(FewestMoves(before, members), before.Zip(owners).Count(pair => pair.First != pair.Second));

                if (members.Count > 1 && random.Next(2) == 0)
                    members.RemoveAt(random.Next(members.Count));
                else
                    members.Add($"n{round}-{change}");
            }
        }
    }

    /// <summary>Every partition without a living owner moves, and what each has beyond its even share.</summary>
    static int FewestMoves(string?[] owners, List<string> members)
    {
        var (least, odd) = Math.DivRem(owners.Length, members.Count);
        var stay = 0;
        foreach (var held in members.Select(member => owners.Count(owner => owner == member)).OrderDescending())
            stay += Math.Min(held, least + (held > least && odd-- > 0 ? 1 : 0));
        return owners.Length - stay;
    }

    [Fact]
    public void Nobody_is_left_to_hold_anything()
    {
        string?[] owners = ["a", "b"];
        PartitionSharing.Share(owners, [], _ => 0);
        Assert.All(owners, Assert.Null);
    }

    [Fact]
    public void Odd_partitions_of_several_topics_go_to_the_member_with_the_least()
    {
        string?[] owners = [null];
        PartitionSharing.Share(owners, ["a", "b"], member => member == "a" ? 1 : 0);
        Assert.Equal("b", owners[0]);
    }
}
