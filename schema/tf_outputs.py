"""What the outputs of TensorFlow's ops are called and of which type they are, as far as an op does not follow the common rule.

The common rule: one output, of the type that the attribute `dtype` names, or else `T`. A type is one of TensorFlow's or the attribute
that names it, `=` what that is if it is left out and not FLOAT32. `N*T` is as many outputs as the attribute N says, and `T*` one for each
type of the list T. Ops for training, data sets and accelerators are left out.

tests/converter/test_output_types.py compares it with the registry of the TensorFlow that is installed.
"""

from __future__ import annotations

__all__ = ["OUTPUTS"]

# By the outputs: the ops that have them. A name stands before a type where there are several.
_OPS = {
    "BOOL": (
        "All Any ApproximateEqual Equal Greater GreaterEqual InTopK InTopKV2 IsBoostedTreesEnsembleInitialized "
        "IsBoostedTreesQuantileStreamResourceInitialized IsFinite IsInf IsNan IsVariableInitialized Less LessEqual "
        "LogicalAnd LogicalNot LogicalOr LoopCond NotEqual OptionalHasValue QueueIsClosed QueueIsClosedV2 "
        "RegexFullMatch StaticRegexFullMatch TensorMapHasKey ToBool VarIsInitializedOp"
    ),
    "COMPLEX64": "BatchFFT BatchFFT2D BatchFFT3D BatchIFFT BatchIFFT2D BatchIFFT3D",
    "DstT": "Cast",
    "FLOAT32": (
        "AdjustContrast AudioSpectrogram CropAndResize CropAndResizeGradBoxes EditDistance ExtractGlimpse "
        "ExtractGlimpseV2 FakeQuantWithMinMaxArgs FakeQuantWithMinMaxArgsGradient FakeQuantWithMinMaxVars "
        "FakeQuantWithMinMaxVarsPerChannel KmeansPlusPlusInitialization Mfcc ResizeArea ResizeBicubic ResizeBilinear "
        "ScaleAndTranslate SparseMatMul TensorArrayScatter TensorArrayScatterV2 TensorArrayScatterV3 TensorArraySplit "
        "TensorArraySplitV2 TensorArraySplitV3 TensorArrayUnpack TensorArrayWrite TensorArrayWriteV2 TensorArrayWriteV3"
    ),
    "FLOAT64": "DebugNumericSummary Timestamp",
    "INT32": (
        "AccumulatorNumAccumulated BarrierIncompleteSize BarrierReadySize Bucketize DeviceIndex MapIncompleteSize "
        "MapSize NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3 NonMaxSuppressionWithOverlaps "
        "OrderedMapIncompleteSize OrderedMapSize QueueSize QueueSizeV2 Rank ResourceAccumulatorNumAccumulated SetSize "
        "SparseMatrixNNZ SparseMatrixOrderingAMD StageSize StatelessRandomGetAlg StringLength TensorArraySize "
        "TensorArraySizeV2 TensorArraySizeV3 TensorListLength TensorMapSize UnicodeScript"
    ),
    "INT64": (
        "AddManySparseToTensorsMap AddSparseToTensorsMap ComputeBatchSize DebugNanCount GlobalIterId "
        "KMC2ChainInitialization LookupTableSize LookupTableSizeV2 MultiDeviceIteratorInit ReaderNumRecordsProduced "
        "ReaderNumRecordsProducedV2 ReaderNumWorkUnitsCompleted ReaderNumWorkUnitsCompletedV2 RngReadAndSkip "
        "StringToHashBucket StringToHashBucketFast StringToHashBucketStrong Where"
    ),
    "N*T": "ReadVariableXlaSplitND",
    "N*out_type=INT32": "ShapeN",
    "N*shape_type=INT32": "ConcatOffset",
    "OUT_TYPE*": "DecodeCSV",
    "STRING": (
        "AsString AudioSummary AudioSummaryV2 Barrier ConditionalAccumulator DecodeBase64 DecodeCompressed "
        "DecodeJSONExample EncodeBase64 EncodeJpeg EncodeJpegVariableQuality EncodePng EncodeProto EncodeWav FIFOQueue "
        "Fact FakeQueue FixedLengthRecordReader GetOptions GetSessionHandle HashTable HistogramSummary IdentityReader "
        "ImageSummary IteratorGetDevice IteratorGetModelProto IteratorToStringHandle LMDBReader MatchingFiles "
        "MergeSummary MultiDeviceIteratorToStringHandle MutableDenseHashTable MutableHashTable "
        "MutableHashTableOfTensors PaddingFIFOQueue PriorityQueue RandomShuffleQueue ReadFile ReaderSerializeState "
        "ReaderSerializeStateV2 RecordInput ReduceJoin RegexReplace ScalarSummary SerializeTensor ShardedFilename "
        "ShardedFilespec SparseConditionalAccumulator Stack StaticRegexReplace StatsAggregatorSummary StringFormat "
        "StringJoin StringLower StringStrip StringUpper Substr TFRecordReader TensorArray TensorArrayGrad "
        "TensorArrayGradV2 TensorArrayV2 TensorSummary TensorSummaryV2 TextLineReader UnicodeEncode UnicodeTranscode "
        "UnsortedSegmentJoin WholeFileReader WorkerHeartbeat"
    ),
    "T*": "For IdentityN StatelessWhile While",
    "T=COMPLEX64": "Conj",
    "T=INT32": "BroadcastArgs DataFormatDimMap DataFormatVecPermute InvertPermutation",
    "Tcomplex=COMPLEX64": "FFT FFT2D FFT3D FFTND IFFT IFFT2D IFFT3D IFFTND RFFT RFFT2D RFFT3D RFFTND",
    "Tcomponents*": "CompositeTensorVariantToComponents",
    "Tidx=INT32": "Range UnravelIndex",
    "Tout": (
        "Angle BatchMatMulV3 ComplexAbs Imag LookupTableFind LookupTableFindV2 RandomUniformInt Real UniformDequantize "
        "UniformQuantize UniformQuantizedConvolution UniformQuantizedConvolutionHybrid UniformQuantizedDot "
        "UniformQuantizedDotHybrid UniformRequantize"
    ),
    "Tout*": (
        "BatchFunction Case EagerPyFunc If PartitionedCall PyFunc PyFuncStateless RemoteCall StatefulPartitionedCall "
        "StatelessCase StatelessIf SymbolicGradient"
    ),
    "Tout=COMPLEX64": "Complex",
    "Toutput": "QuantizedMatMulWithBiasAndDequantize",
    "Tparams": "Gather GatherNd GatherV2",
    "Treal": "IRFFT IRFFT2D IRFFT3D IRFFTND",
    "Tvalues": "RaggedTensorToVariantGradient",
    "UINT8": "DecodeAndCropJpeg DecodeBmp DecodeGif DecodeJpeg Fingerprint PopulationCount",
    "component_types*": "QueueDequeue QueueDequeueMany QueueDequeueManyV2 QueueDequeueUpTo QueueDequeueUpToV2 QueueDequeueV2",
    "dt": "Restore RestoreSlice",
    "dtype": "Dequantize StatelessRandomNormal StatelessRandomUniform StatelessTruncatedNormal",
    "dtype=INT32": "HistogramFixedWidth",
    "dtype=INT64": "NonDeterministicInts RandomPoissonV2 StatefulRandomBinomial StatefulUniformInt StatelessRandomBinomial",
    "dtype=UINT64": "StatefulUniformFullInt StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2",
    "dtype=UINT8": "DecodeImage DecodeJxl DecodePng DecodeWebP",
    "dtypes*": (
        "InfeedDequeueTuple MapPeek MapUnstage OrderedMapPeek OrderedMapUnstage OutfeedDequeueTuple "
        "OutfeedDequeueTupleV2 RestoreV2 StagePeek Unstage"
    ),
    "elem_type": "StackPop StackPopV2",
    "element_dtype": "TensorListGather TensorListGetItem TensorListStack",
    "key_dtype": "TensorMapStackKeys",
    "num*T": "Unpack",
    "num_partitions*T": "DynamicPartition",
    "num_split*T": "Split SplitV",
    "out_type": "DecodePaddedRaw DecodeRaw ParseTensor StringToNumber",
    "out_type=INT32": "LowerBound Shape Size UpperBound VariableShape",
    "out_type=STRING": "SerializeManySparse SerializeSparse",
    "output_dtype": "DebugNumericSummaryV2",
    "output_dtype=INT64": "Multinomial StatelessMultinomial",
    "output_type=INT32": "ExtractJpegShape",
    "output_type=INT64": "ArgMax ArgMin",
    "output_types*": (
        "GetElementAtIndex IteratorGetNext IteratorGetNextSync MapDefun MultiDeviceIteratorGetNextFromShard "
        "OptionalGetValue UncompressElement"
    ),
    "shape_type": "TensorListElementShape",
    "tensor_type": "Recv",
    "type": "Bitcast CSRSparseMatrixToDense",
    "value_dtype": "TensorMapLookup",
    "a_val_grad:T b_val_grad:T": "SparseAddGrad",
    "activations:out_type=QUINT8 min_activations:FLOAT32 max_activations:FLOAT32": "QuantizedRelu QuantizedRelu6 QuantizedReluX",
    "audio:FLOAT32 sample_rate:INT32": "DecodeWav",
    "backprops_wrt_input:FLOAT32 backprop_wrt_min:FLOAT32 backprop_wrt_max:FLOAT32": (
        "FakeQuantWithMinMaxVarsGradient FakeQuantWithMinMaxVarsPerChannelGradient"
    ),
    "batched_tensors:T* batch_index:INT64 id:INT64": "Batch",
    "begin:T size:T bboxes:FLOAT32": "SampleDistortedBoundingBox SampleDistortedBoundingBoxV2 StatelessSampleDistortedBoundingBox",
    (
        "context_sparse_indices:Ncontext_sparse*INT64 context_sparse_values:context_sparse_types* "
        "context_sparse_shapes:Ncontext_sparse*INT64 context_dense_values:Tcontext_dense* "
        "context_ragged_values:context_ragged_value_types* context_ragged_row_splits:context_ragged_split_types* "
        "feature_list_sparse_indices:Nfeature_list_sparse*INT64 feature_list_sparse_values:feature_list_sparse_types* "
        "feature_list_sparse_shapes:Nfeature_list_sparse*INT64 feature_list_dense_values:feature_list_dense_types* "
        "feature_list_dense_lengths:Nfeature_list_dense*INT64 "
        "feature_list_ragged_values:feature_list_ragged_value_types* "
        "feature_list_ragged_outer_splits:feature_list_ragged_split_types* "
        "feature_list_ragged_inner_splits:feature_list_ragged_split_types*"
    ): (
        "ParseSequenceExampleV2"
    ),
    (
        "context_sparse_indices:Ncontext_sparse*INT64 context_sparse_values:context_sparse_types* "
        "context_sparse_shapes:Ncontext_sparse*INT64 context_dense_values:Tcontext_dense* "
        "feature_list_sparse_indices:Nfeature_list_sparse*INT64 feature_list_sparse_values:feature_list_sparse_types* "
        "feature_list_sparse_shapes:Nfeature_list_sparse*INT64 feature_list_dense_values:feature_list_dense_types*"
    ): (
        "ParseSingleSequenceExample"
    ),
    (
        "context_sparse_indices:Ncontext_sparse*INT64 context_sparse_values:context_sparse_types* "
        "context_sparse_shapes:Ncontext_sparse*INT64 context_dense_values:Tcontext_dense* "
        "feature_list_sparse_indices:Nfeature_list_sparse*INT64 feature_list_sparse_values:feature_list_sparse_types* "
        "feature_list_sparse_shapes:Nfeature_list_sparse*INT64 feature_list_dense_values:feature_list_dense_types* "
        "feature_list_dense_lengths:Nfeature_list_dense*INT64"
    ): (
        "ParseSequenceExample"
    ),
    "cs_prev_grad:T dicfo:T wci_grad:T wcf_grad:T wco_grad:T": "LSTMBlockCellGrad",
    "d_values:T d_default_value:T": "RaggedFillEmptyRowsGrad SparseFillEmptyRowsGrad",
    "d_x:T d_h_prev:T d_c_bar:T d_r_bar_u_bar:T": "GRUBlockCellGrad",
    "decoded_indices:INT64 decoded_values:INT64 decoded_shape:INT64 log_probability:T": "CTCGreedyDecoder",
    "decoded_indices:top_paths*INT64 decoded_values:top_paths*INT64 decoded_shape:top_paths*INT64 log_probability:T": (
        "CTCBeamSearchDecoder"
    ),
    "dx:T dm:T dv:T db:T dg:T": "BatchNormWithGlobalNormalizationGrad",
    "e:T v:T": "BatchSelfAdjointEigV2 SelfAdjointEigV2",
    "e:Tout v:Tout": "Eig",
    "grad_handle:RESOURCE flow_out:FLOAT32": "TensorArrayGradV3 TensorArrayGradWithShape",
    "handle:RESOURCE flow:FLOAT32": "TensorArrayV3",
    "i:T cs:T f:T o:T ci:T co:T h:T": "BlockLSTM BlockLSTMV2 LSTMBlockCell",
    "indices:INT32 ids:INT64 weights:FLOAT32": "ComputeAccidentalHits",
    "indices:INT64 keys:STRING values:component_types*": "BarrierTakeMany",
    "indices:INT64 values:STRING shape:INT64": "StringSplit StringSplitV2",
    "indices:INT64 values:dtype shape:INT64": "SparseAccumulatorTakeGradient",
    "indices:INT64 values:type dense_shape:INT64": "CSRSparseMatrixToSparseTensor",
    "input_backprop:T input_min_backprop:T input_max_backprop:T": "QuantizeAndDequantizeV4Grad",
    "key:INT64 values:dtypes*": "MapUnstageNoKey OrderedMapUnstageNoKey",
    "key:STRING value:STRING": "ReaderRead ReaderReadV2",
    "key:UINT64 counter:UINT64": "StatelessRandomGetKeyCounter",
    "key:UINT64 counter:UINT64 alg:INT32": "StatelessRandomGetKeyCounterAlg",
    "keys:STRING values:STRING": "ReaderReadUpTo ReaderReadUpToV2",
    "keys:Tkeys values:Tvalues": "LookupTableExport LookupTableExportV2",
    "loss:FLOAT32 gradient:FLOAT32": "CTCLossV2",
    "loss:T backprop:T": "SoftmaxCrossEntropyWithLogits SparseSoftmaxCrossEntropyWithLogits",
    "loss:T gradient:T": "CTCLoss",
    "lu:T p:output_idx_type=INT32": "Lu",
    "nearest_center_indices:INT64 nearest_center_distances:FLOAT32": "NearestNeighbors",
    "ngrams:STRING ngrams_splits:Tsplits=INT64": "StringNGrams",
    "nmsed_boxes:FLOAT32 nmsed_scores:FLOAT32 nmsed_classes:FLOAT32 valid_detections:INT32": "CombinedNonMaxSuppression",
    "out:T idx:out_idx=INT32": "ListDiff",
    "out:Toutput=QINT32 min_out:FLOAT32 max_out:FLOAT32": "QuantizedMatMul QuantizedMatMulWithBias QuantizedMatMulWithBiasAndRelu",
    "out:Toutput=QUINT8 min_out:FLOAT32 max_out:FLOAT32": (
        "QuantizedMatMulWithBiasAndReluAndRequantize QuantizedMatMulWithBiasAndRequantize"
    ),
    "output:T argmax:Targmax=INT64": "MaxPoolWithArgmax",
    "output:T min_output:FLOAT32 max_output:FLOAT32": "QuantizedAvgPool QuantizedMaxPool",
    "output:T output_min:FLOAT32 output_max:FLOAT32": "QuantizeV2 QuantizedConcat QuantizedReshape",
    "output:T row_pooling_sequence:INT64 col_pooling_sequence:INT64": "FractionalAvgPool FractionalMaxPool",
    "output:T sorted_unique_indices:Tidx=INT32": "SparseSegmentMeanGradV2 SparseSegmentSqrtNGradV2 SparseSegmentSumGradV2",
    "output:T value_index:INT32": "Merge RefMerge",
    "output:out_type min_out:FLOAT32 max_out:FLOAT32": "QuantizedBiasAdd",
    "output:out_type output_min:FLOAT32 output_max:FLOAT32": "QuantizeDownAndShrinkRange Requantize",
    "output:out_type=QINT32 min_output:FLOAT32 max_output:FLOAT32": (
        "QuantizedConv2D QuantizedConv2DAndRelu QuantizedConv2DPerChannel QuantizedConv2DWithBias "
        "QuantizedConv2DWithBiasAndRelu QuantizedConv2DWithBiasSumAndRelu QuantizedDepthwiseConv2D "
        "QuantizedDepthwiseConv2DWithBias QuantizedDepthwiseConv2DWithBiasAndRelu"
    ),
    "output:out_type=QINT8 min_output:FLOAT32 max_output:FLOAT32": "QuantizedConv2DAndRequantize QuantizedConv2DWithBiasAndRequantize",
    "output:out_type=QUINT8 min_output:FLOAT32 max_output:FLOAT32": (
        "QuantizedConv2DAndReluAndRequantize QuantizedConv2DWithBiasAndReluAndRequantize "
        "QuantizedConv2DWithBiasSignedSumAndReluAndRequantize QuantizedConv2DWithBiasSumAndReluAndRequantize "
        "QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize"
    ),
    "output:out_type=QUINT8 output_min:FLOAT32 output_max:FLOAT32": "RequantizePerChannel",
    "output:output_dtype segments:INT32": "IsotonicRegression",
    "output_false:T output_true:T": "RefSwitch Switch",
    "output_handle:VARIANT tensor:element_dtype": "TensorListPopBack",
    "output_indices:INT64 output_shape:INT64": "SparseReshape",
    "output_indices:INT64 output_values:INT64 output_shape:INT64": "SparseCrossHashed",
    "output_indices:INT64 output_values:STRING output_shape:INT64": "SparseCrossV2",
    "output_indices:INT64 output_values:T": "SparseReorder SparseSparseMaximum SparseSparseMinimum",
    "output_indices:INT64 output_values:T empty_row_indicator:BOOL reverse_index_map:INT64": "SparseFillEmptyRows",
    "output_indices:INT64 output_values:T output_shape:INT64": "SparseConcat SparseReduceMaxSparse SparseReduceSumSparse SparseSlice",
    "output_indices:INT64 output_values:out_type output_shape:INT64": "SparseCross",
    "output_indices:INT64 output_values:output_type output_dense_shape:INT64": (
        "DenseCountSparseOutput RaggedCountSparseOutput SparseCountSparseOutput"
    ),
    "output_indices:num_split*INT64 output_values:num_split*T output_shape:num_split*INT64": "SparseSplit",
    "output_min:FLOAT32 output_max:FLOAT32": "RequantizationRange RequantizationRangePerChannel",
    "output_nested_splits:OUTPUT_RAGGED_RANK*Tsplits=INT64 output_dense_values:Tvalues": "RaggedGather",
    "output_nested_splits:output_ragged_rank*Tsplits=INT64 output_dense_values:Tvalues": "RaggedTensorFromVariant",
    "output_value_rowids:INT64 output_values:T empty_row_indicator:BOOL reverse_index_map:INT64": "RaggedFillEmptyRows",
    "output_values:out_values_type output_row_splits:out_row_splits_type": "RaggedCross",
    "q:T r:T": "Qr",
    "r0:T=INT32 r1:T=INT32": "BroadcastGradientArgs",
    "r:T u:T c:T h:T": "GRUBlockCell",
    "remapping:INT64 num_present:INT32": "GenerateVocabRemapping",
    "resized_images:T out_min:FLOAT32 out_max:FLOAT32": "QuantizedResizeBilinear",
    "result:out_type result_min:FLOAT32 result_max:FLOAT32": "QuantizedBatchNormWithGlobalNormalization",
    "result_indices:INT64 result_values:T result_shape:INT64": (
        "DenseToDenseSetOperation DenseToSparseSetOperation SparseToSparseSetOperation"
    ),
    "rois:FLOAT32 roi_probabilities:FLOAT32": "GenerateBoundingBoxProposals",
    "row_ids:INT32 col_ids:INT32 gains:FLOAT32": "ConvertToCooTensor",
    (
        "row_pointers:INT32 sorted_sample_ids:INT32 sorted_token_ids:INT32 sorted_gains:FLOAT32 "
        "row_pointers_unpadded_size:INT32 ids_unpadded_size:INT32 num_minibatches_per_physical_sparse_core:INT32"
    ): (
        "GetMinibatchesInCsrWithPhysicalReplica"
    ),
    "row_ptrs:INT32 col_inds:INT32 values:type": "CSRSparseMatrixComponents",
    "row_splits:Tsplits=INT64 char_values:INT32": "UnicodeDecode",
    "row_splits:Tsplits=INT64 char_values:INT32 char_to_byte_starts:INT64": "UnicodeDecodeWithOffsets",
    "rt_nested_splits:Tsplits=INT64 rt_dense_values:T=INT32": "RaggedRange",
    "s:T u:T v:T": "BatchSvd Svd",
    "sampled_candidates:INT64 true_expected_count:FLOAT32 sampled_expected_count:FLOAT32": (
        "AllCandidateSampler FixedUnigramCandidateSampler LearnedUnigramCandidateSampler LogUniformCandidateSampler "
        "ThreadUnsafeUnigramCandidateSampler UniformCandidateSampler"
    ),
    "selected_indices:INT32 selected_scores:T valid_outputs:INT32": "NonMaxSuppressionV5",
    "selected_indices:INT32 valid_outputs:INT32": "NonMaxSuppressionV4",
    "sign:T log_abs_determinant:T": "LogMatrixDeterminant",
    "sizes:INT32 values:output_types*": "DecodeProtoV2",
    (
        "sorted_row_ids:INT32 sorted_col_ids:INT32 sorted_gains:FLOAT32 splits:INT64 id_counts:INT32 max_ids:INT32 "
        "max_uniques:INT32"
    ): (
        "GetMinibatchSplitsWithPhysicalReplica"
    ),
    "sparse_indices:INT64 sparse_values:T sparse_dense_shape:INT64": "RaggedTensorToSparse",
    "sparse_indices:INT64 sparse_values:dtype sparse_shape:INT64": "DeserializeManySparse DeserializeSparse TakeManySparseFromTensorsMap",
    "sparse_indices:Nsparse*INT64 sparse_values:sparse_types* sparse_shapes:Nsparse*INT64 dense_values:Tdense*": "ParseExample",
    "sparse_indices:num_sparse*INT64 sparse_values:sparse_types* sparse_shapes:num_sparse*INT64 dense_values:Tdense*": "ParseSingleExample",
    (
        "sparse_indices:num_sparse*INT64 sparse_values:sparse_types* sparse_shapes:num_sparse*INT64 "
        "dense_values:Tdense* ragged_values:ragged_value_types* ragged_row_splits:ragged_split_types*"
    ): (
        "ParseExampleV2"
    ),
    "sum_indices:INT64 sum_values:T sum_shape:INT64": "SparseAdd",
    "tensor:element_dtype lengths:INT64": "TensorListConcat TensorListConcatV2",
    "value:dtype lengths:INT64": "TensorArrayConcat TensorArrayConcatV2 TensorArrayConcatV3",
    "values:T indices:INT32": "ApproxTopK TopK",
    "values:T indices:index_type=INT32": "TopKV2",
    "x_backprop:T scale_backprop:T offset_backprop:T reserve_space_3:T reserve_space_4:T": "FusedBatchNormGrad",
    "x_backprop:T scale_backprop:U offset_backprop:U reserve_space_3:U reserve_space_4:U": "FusedBatchNormGradV2",
    "x_backprop:T scale_backprop:U offset_backprop:U reserve_space_4:U reserve_space_5:U": "FusedBatchNormGradV3",
    "x_grad:T cs_prev_grad:T h_prev_grad:T w_grad:T wci_grad:T wcf_grad:T wco_grad:T b_grad:T": "BlockLSTMGrad BlockLSTMGradV2",
    "y:T batch_mean:T batch_variance:T reserve_space_1:T reserve_space_2:T": "FusedBatchNorm",
    "y:T batch_mean:U batch_variance:U reserve_space_1:U reserve_space_2:U": "FusedBatchNormV2",
    "y:T batch_mean:U batch_variance:U reserve_space_1:U reserve_space_2:U reserve_space_3:U": "FusedBatchNormV3",
    "y:T idx:out_idx=INT32": "Unique UniqueV2",
    "y:T idx:out_idx=INT32 count:out_idx=INT32": "UniqueWithCounts UniqueWithCountsV2",
    "y:T y_min:FLOAT32 y_max:FLOAT32": "QuantizedInstanceNorm",
    "z:Toutput=QINT32 min_z:FLOAT32 max_z:FLOAT32": "QuantizedAdd QuantizedMul",
}  # fmt: skip

# By op: its outputs, each a name (empty if it is the only one) and a type.
OUTPUTS: dict[str, tuple[tuple[str, str], ...]] = {
    op: tuple((output.rpartition(":")[0], output.rpartition(":")[2]) for output in outputs.split(" "))
    for outputs, ops in _OPS.items() for op in ops.split()
}  # fmt: skip
