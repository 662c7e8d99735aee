/** Where the launcher puts the emitted epilogue in this instance's table. */
const EPILOGUE_SLOT: i32 = 1;

/** Tells the epilogue, where there is one, that flat output positions `begin` to `end` hold their accumulators. */
@inline
export function finish(epilogue: usize, begin: i32, end: i32): void {
  if (epilogue) call_indirect<void>(EPILOGUE_SLOT, epilogue, begin, end);
}
