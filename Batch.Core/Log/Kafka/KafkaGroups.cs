using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Batch.Core.Log.Kafka;

/// <summary>What the brokers say of a group's members.</summary>
internal sealed class KafkaGroups(KafkaOptions options, KafkaProducer producer)
{
    /// <summary>Null: the brokers did not say.</summary>
    public async Task<int?> MembersAsync(string group, CancellationToken cancellationToken)
    {
        try
        {
            var groups = await producer.Admin.DescribeConsumerGroupsAsync(
                [group], new DescribeConsumerGroupsOptions { RequestTimeout = options.RequestTimeout }).WaitAsync(cancellationToken).ConfigureAwait(false);
            return groups.ConsumerGroupDescriptions[0].Members.Count;
        }
        catch (KafkaException)
        {
            return null;
        }
    }

    /// <summary>Whether the group has a static member of this name (KIP-345). Brokers that cannot say it have none; those that do not answer may.</summary>
    public async Task<bool> HasInstanceAsync(string group, string instance)
    {
        try
        {
            var groups = await producer.Admin.DescribeConsumerGroupsAsync(
                [group], new DescribeConsumerGroupsOptions { RequestTimeout = options.RequestTimeout }).ConfigureAwait(false);
            return groups.ConsumerGroupDescriptions[0].Members.Exists(member => member.GroupInstanceId == instance);
        }
        catch (KafkaException e)
        {
            var error = e is DescribeConsumerGroupsException { Results.ConsumerGroupDescriptions: [var report] } ? report.Error : e.Error;
            return !(KafkaFaults.IsRefusal(error.Code) || error.Code is ErrorCode.GroupAuthorizationFailed or ErrorCode.GroupIdNotFound);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}
