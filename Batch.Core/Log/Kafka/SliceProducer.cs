using System.Linq.Expressions;
using System.Reflection;
using Confluent.Kafka;

namespace Batch.Core.Log.Kafka;

/// <summary>Produces a slice of an array. Confluent.Kafka does so inside, and offers it for whole arrays only.</summary>
/// <remarks>
/// A chunk is a slice of a pooled buffer. Copied into an array of its own, which is garbage a moment later, eight uploads cost 300 to 500 MB of
/// large-object heap. So the client's own private method is called, the one that its public ones end in. Where a version has it under another
/// name or with other parameters, the value is copied as it has to be; a test says so.
/// </remarks>
internal static class SliceProducer
{
    public delegate void Produce(
        IProducer<Null, byte[]> producer, string topic, Partition partition, byte[] array, int offset, int length,
        IReadOnlyList<IHeader> headers, Action<DeliveryReport<Null, byte[]>> handler);

    const BindingFlags Private = BindingFlags.NonPublic | BindingFlags.Instance;

    /// <summary>Null: this version of the client has no such method.</summary>
    public static Produce? Find(Type producerType)
    {
        // void ProduceImpl(string topic, byte[] val, int valOffset, int valLength, byte[] key, int keyOffset, int keyLength,
        //     Timestamp timestamp, Partition partition, IReadOnlyList<IHeader> headers, IDeliveryHandler deliveryHandler)
        Type[] known =
        [
            typeof(string), typeof(byte[]), typeof(int), typeof(int), typeof(byte[]), typeof(int), typeof(int), typeof(Timestamp), typeof(Partition),
            typeof(IReadOnlyList<IHeader>),
        ];
        // TypedDeliveryHandlerShim_Action(string topic, Null key, byte[] val, Action<DeliveryReport<Null, byte[]>> handler)
        var shim = producerType.IsGenericType
            ? producerType.GetNestedType("TypedDeliveryHandlerShim_Action", BindingFlags.NonPublic)?.MakeGenericType(producerType.GenericTypeArguments)
            : null;
        var method = producerType.GetMethod("ProduceImpl", Private);
        var constructor = shim?.GetConstructor([typeof(string), typeof(Null), typeof(byte[]), typeof(Action<DeliveryReport<Null, byte[]>>)]);
        var parameters = method?.GetParameters() ?? [];
        if (constructor is null || !parameters.Select(parameter => parameter.ParameterType).Take(known.Length).SequenceEqual(known)
            || parameters.Length != known.Length + 1 || !parameters[^1].ParameterType.IsAssignableFrom(shim))
            return null;

        var (producer, topic, partition) =
            (Expression.Parameter(typeof(IProducer<Null, byte[]>)), Expression.Parameter(typeof(string)), Expression.Parameter(typeof(Partition)));
        var (array, offset, length) = (Expression.Parameter(typeof(byte[])), Expression.Parameter(typeof(int)), Expression.Parameter(typeof(int)));
        var (headers, handler) = (Expression.Parameter(typeof(IReadOnlyList<IHeader>)), Expression.Parameter(typeof(Action<DeliveryReport<Null, byte[]>>)));
        var (none, zero) = (Expression.Constant(null, typeof(byte[])), Expression.Constant(0));
        return Expression.Lambda<Produce>(
            Expression.Call(
                Expression.Convert(producer, producerType), method!, topic, array, offset, length, none, zero, zero,
                Expression.Constant(Timestamp.Default), partition, headers,
                Expression.New(constructor, topic, Expression.Constant(null, typeof(Null)), none, handler)),
            producer, topic, partition, array, offset, length, headers, handler).Compile();
    }
}
