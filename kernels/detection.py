"""Boxes of objects: decoded, and thinned out where they overlap. Boxes are four floats: y, x of a corner and of the opposite one."""

from __future__ import annotations

import math

import numpy as np

from .combining import larger, smaller
from .cpu import target
from .heap import first_largest, replace, rise
from .interrupt import due
from .kernel import device, kernel
from .lazy import simd
from .vmath_double import exp2_double, splat64

LANES = target().lanes
_LOG2_E = 1.0 / math.log(2.0)


@device
def exponential(x):
    """e^x in double, exact enough to be rounded to float; what is far outside of float's range is only as far outside."""
    if x != x:
        return x
    return simd.lane(exp2_double(splat64(min(max(x * _LOG2_E, -1000.0), 1000.0))), 0)


@device
def overlap(boxes, i, j):
    """The area that two boxes share, divided by the area that they cover; 0 if one of them is empty."""
    a, b = boxes + 4 * i, boxes + 4 * j
    a_top, a_bottom = smaller(a[0], a[2]), larger(a[0], a[2])
    a_left, a_right = smaller(a[1], a[3]), larger(a[1], a[3])
    b_top, b_bottom = smaller(b[0], b[2]), larger(b[0], b[2])
    b_left, b_right = smaller(b[1], b[3]), larger(b[1], b[3])
    a_area = (a_bottom - a_top) * (a_right - a_left)
    b_area = (b_bottom - b_top) * (b_right - b_left)
    if (a_area <= 0) | (b_area <= 0):
        return np.float32(0)
    high = larger(smaller(a_bottom, b_bottom) - larger(a_top, b_top), np.float32(0))
    wide = larger(smaller(a_right, b_right) - larger(a_left, b_left), np.float32(0))
    shared = high * wide
    return shared / (a_area + b_area - shared)


@kernel(
    "suppress_softly", boxes="f32*", scores="f32*", size="i64", most="i64", most_overlap="f32*", least_score="f32*", sigma="f32*",
    keys="f32*", items="i32*", seen="i32*", selected="i32*", selected_scores="f32*", count="i32*",
)  # fmt: skip
def suppress_softly(a, lo, hi, scratch):
    """Select boxes by falling score, but none that overlaps with one before; places that are left over are 0. One unit does all.

    With sigma > 0, scores fall by overlapping: by e^(-overlap^2 / (2 sigma)) for each box selected before. Fails with 1 if it is
    negative. After Bodla et al., "Soft-NMS - Improving Object Detection With One Line of Code", 2017.
    """
    most_overlap, least_score, sigma = a.most_overlap[0], a.least_score[0], a.sigma[0]
    if sigma < 0:
        return 1
    scale = np.float32(-0.5 / np.float64(sigma)) if sigma > 0 else np.float32(0)
    waiting = np.int64(0)
    for i in range(a.size):
        a.seen[i] = 0
        if a.scores[i] > least_score:
            rise(a.keys, a.items, waiting, 0, a.scores[i], np.int32(i))
            waiting += 1
    most = min(waiting, a.most)
    count = np.int64(0)
    while (count < most) & (waiting > 0):
        score, box = a.keys[0], np.int64(a.items[0])
        before = score
        waiting -= 1
        if waiting > 0:
            replace(a.keys, a.items, 0, waiting, a.keys[waiting], a.items[waiting])
        # Boxes that have lowered its score already do so only once.
        suppressed = False
        if due(scratch, 20 * (count - a.seen[box])):
            return 2
        for j in range(count - 1, a.seen[box] - 1, -1):
            shared = overlap(a.boxes, box, np.int64(a.selected[j]))
            if shared >= most_overlap:
                suppressed = True
                break
            if sigma > 0:
                score = score * np.float32(exponential(np.float64(scale * shared * shared)))
            if score <= least_score:
                break
        a.seen[box] = np.int32(count)
        if not suppressed:
            if score == before:
                a.selected[count] = np.int32(box)
                a.selected_scores[count] = score
                count += 1
            if score > least_score:
                rise(a.keys, a.items, waiting, 0, score, np.int32(box))
                waiting += 1
    a.count[0] = np.int32(count)
    for i in range(count, a.most):
        a.selected[i] = 0
        a.selected_scores[i] = np.float32(0)
    return 0


# ---- TFLite_Detection_PostProcess


@kernel("decode_boxes", encodings="f32*", width="i64", anchors="f32*", scales="f64[4]", boxes="f32*")
def decode_boxes(a, lo, hi, scratch):
    """Boxes of their centers and sizes, which are relative to an anchor's: y, x, height, width. A unit is a box."""
    for i in range(lo, hi):
        code, anchor, box = a.encodings + i * a.width, a.anchors + 4 * i, a.boxes + 4 * i
        for d in range(2):
            size = np.float64(anchor[2 + d])
            center = np.float32(np.float64(code[d]) / a.scales[d] * size + np.float64(anchor[d]))
            half = np.float32(0.5 * exponential(np.float64(code[2 + d]) / a.scales[2 + d]) * size)
            box[d] = center - half
            box[2 + d] = center + half


@device
def all_valid(boxes, count):
    wrong = np.int64(0)
    for i in range(count):
        wrong += (boxes[4 * i] > boxes[4 * i + 2]) | (boxes[4 * i + 1] > boxes[4 * i + 3])
    return wrong == 0


@device
def sort_by_score(scores, step, order, count, spare):
    """Sort box numbers by falling score; equal ones stay in order."""
    source, to, moved = order, spare, False
    width = np.int64(1)
    while width < count:
        for start in range(0, count, 2 * width):
            middle, end = min(start + width, count), min(start + 2 * width, count)
            left, right = np.int64(start), np.int64(middle)
            for i in range(start, end):
                if (right < end) and (left >= middle or scores[source[right] * step] > scores[source[left] * step]):
                    to[i] = source[right]
                    right += 1
                else:
                    to[i] = source[left]
                    left += 1
        source, to, moved = to, source, not moved
        width *= 2
    if moved:
        for i in range(count):
            order[i] = spare[i]


@device
def select(a, scores, step, most, scratch):
    """order = up to `most` boxes by falling score that do not overlap, with scores `step` apart; gives how many there are, or -1 if the
    run is to end."""
    kept = np.int64(0)
    for i in range(a.size):
        if scores[i * step] >= a.least_score:
            a.order[kept] = np.int32(i)
            kept += 1
    sort_by_score(scores, step, a.order, kept, a.spare)
    count = np.int64(0)
    for i in range(kept):
        if count >= most:
            break
        box = np.int64(a.order[i])
        if box >= 0:
            a.order[count] = np.int32(box)
            count += 1
            if due(scratch, 20 * (kept - i)):
                return np.int64(-1)
            for j in range(i + 1, kept):
                other = np.int64(a.order[j])
                if other >= 0 and overlap(a.boxes, box, other) > a.most_overlap:
                    a.order[j] = np.int32(-1)
    return count


@device
def put(a, place, box, kind, score):
    for d in range(4):
        a.out_boxes[4 * place + d] = a.boxes[4 * box + d]
    a.out_classes[place] = np.float32(kind)
    a.out_scores[place] = score


@device
def clear(a):
    for i in range(a.places):
        for d in range(4):
            a.out_boxes[4 * i + d] = np.float32(0)
        a.out_classes[i] = np.float32(0)
        a.out_scores[i] = np.float32(0)


_DETECTION = {
    "boxes": "f32*", "scores": "f32*", "size": "i64", "stride": "i64", "classes": "i64", "least_score": "f32", "most_overlap": "f32",
    "most": "i64", "order": "i32*", "spare": "i32*", "out_boxes": "f32*", "out_classes": "f32*", "out_scores": "f32*", "places": "i64",
    "out_count": "f32*",
}  # fmt: skip


@kernel("detect_by_best_class", best="f32*", keys="f32*", items="i32*", kinds="i64", places_each="i64", **_DETECTION)
def detect_by_best_class(a, lo, hi, scratch):
    """Select boxes by their best score, and give each with its `kinds` best classes. Fails with 1 if a box ends before it begins.

    Scores are [size, stride], of which the first `classes` count. One unit does all.
    """
    if not all_valid(a.boxes, a.size):
        return 1
    for i in range(a.size):
        best = a.scores[i * a.stride]
        for c in range(1, a.classes):
            best = larger(best, a.scores[i * a.stride + c])
        a.best[i] = best
    count = select(a, a.best, 1, a.most, scratch)
    if count < 0:
        return 2
    clear(a)
    for n in range(count):
        box = np.int64(a.order[n])
        scores = a.scores + box * a.stride
        if a.kinds == 1:
            a.items[0] = 0
            for c in range(1, a.classes):
                if scores[c] > scores[a.items[0]]:
                    a.items[0] = np.int32(c)
        else:
            first_largest(scores, a.classes, a.keys, a.items, a.kinds)
        for k in range(a.kinds):
            put(a, n * a.places_each + k, box, a.items[k], scores[a.items[k]])
    a.out_count[0] = np.float32(count)
    return 0


@kernel("detect_by_class", most_each="i64", found="i64*", found_scores="f32*", **_DETECTION)
def detect_by_class(a, lo, hi, scratch):
    """Select boxes for each class on its own, up to `most_each`, and keep the `most` with the highest scores. Otherwise the same.

    `found` and `found_scores` have room for twice as many.
    """
    if not all_valid(a.boxes, a.size):
        return 1
    held, now, then = np.int64(0), np.int64(0), np.int64(a.most)
    for c in range(a.classes):
        scores = a.scores + c
        count = select(a, scores, a.stride, a.most_each, scratch)
        if count < 0:
            return 2
        left, right = np.int64(0), np.int64(0)
        total = min(held + count, a.most)
        for i in range(total):
            earlier = right >= count
            if (not earlier) and left < held:
                earlier = not scores[a.order[right] * a.stride] > a.found_scores[now + left]
            if earlier:
                a.found[then + i] = a.found[now + left]
                a.found_scores[then + i] = a.found_scores[now + left]
                left += 1
            else:
                a.found[then + i] = a.order[right] * a.classes + c
                a.found_scores[then + i] = scores[a.order[right] * a.stride]
                right += 1
        held, now, then = total, then, now
    clear(a)
    for i in range(held):
        box = a.found[now + i] // a.classes
        put(a, i, box, a.found[now + i] - box * a.classes, a.found_scores[now + i])
    a.out_count[0] = np.float32(held)
    return 0
