/** Types of WebAssembly values that the emitter uses. */
export type ValueType = 'i32' | 'f32' | 'f64' | 'v128';

export const valueTypeCodes: { readonly [K in ValueType]: number } = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

interface Opcode {
  readonly bytes: readonly number[];
  readonly result: ValueType;
  /** Whether a memory argument (alignment and offset) follows the opcode. */
  readonly memory: boolean;
}

const plain = (code: number, result: ValueType): Opcode => ({ bytes: [code], result, memory: false });
const plainLoad = (code: number, result: ValueType): Opcode => ({ bytes: [code], result, memory: true });
const simdBytes = (code: number): number[] => (code < 0x80 ? [0xfd, code] : [0xfd, (code & 0x7f) | 0x80, code >> 7]);
const simd = (code: number, result: ValueType = 'v128'): Opcode => ({ bytes: simdBytes(code), result, memory: false });
const simdLoad = (code: number): Opcode => ({ bytes: simdBytes(code), result: 'v128', memory: true });

/** The instructions that the emitter uses. Source: WebAssembly core specification 2.0, chapter 5.4. */
export const opcodes = {
  'i32.load': plainLoad(0x28, 'i32'),
  'i32.eqz': plain(0x45, 'i32'),
  'i32.eq': plain(0x46, 'i32'),
  'i32.lt_s': plain(0x48, 'i32'),
  'i32.lt_u': plain(0x49, 'i32'),
  'i32.gt_s': plain(0x4a, 'i32'),
  'i32.add': plain(0x6a, 'i32'),
  'i32.sub': plain(0x6b, 'i32'),
  'i32.mul': plain(0x6c, 'i32'),
  'i32.div_s': plain(0x6d, 'i32'),
  'i32.div_u': plain(0x6e, 'i32'),
  'i32.and': plain(0x71, 'i32'),
  'i32.shl': plain(0x74, 'i32'),
  'i32.shr_s': plain(0x75, 'i32'),
  'i32.shr_u': plain(0x76, 'i32'),
  'f32.demote_f64': plain(0xb6, 'f32'),
  'f64.promote_f32': plain(0xbb, 'f64'),

  'v128.load': simdLoad(0),
  'v128.load8_splat': simdLoad(7),
  'v128.load16_splat': simdLoad(8),
  'v128.load32_splat': simdLoad(9),
  'v128.load64_splat': simdLoad(10),
  'v128.load8_lane': simdLoad(84),
  'v128.load16_lane': simdLoad(85),
  'v128.load32_lane': simdLoad(86),
  'v128.load64_lane': simdLoad(87),
  'v128.load32_zero': simdLoad(92),
  'v128.load64_zero': simdLoad(93),

  'i8x16.shuffle': simd(13),
  'i32x4.splat': simd(17),
  'i64x2.splat': simd(18),
  'f32x4.splat': simd(19),
  'f64x2.splat': simd(20),
  'i32x4.extract_lane': simd(27, 'i32'),
  'i32x4.replace_lane': simd(28),
  'f32x4.extract_lane': simd(31, 'f32'),
  'f32x4.replace_lane': simd(32),
  'f64x2.extract_lane': simd(33, 'f64'),
  'f64x2.replace_lane': simd(34),

  'i32x4.eq': simd(55),
  'i32x4.ne': simd(56),
  'i32x4.lt_s': simd(57),
  'i32x4.lt_u': simd(58),
  'i32x4.gt_s': simd(59),
  'i32x4.gt_u': simd(60),
  'i32x4.le_s': simd(61),
  'i32x4.le_u': simd(62),
  'f32x4.eq': simd(65),
  'f32x4.ne': simd(66),
  'f32x4.lt': simd(67),
  'f32x4.gt': simd(68),
  'f32x4.le': simd(69),
  'f64x2.eq': simd(71),
  'f64x2.ne': simd(72),
  'f64x2.lt': simd(73),
  'f64x2.gt': simd(74),
  'f64x2.le': simd(75),
  'f64x2.ge': simd(76),

  'v128.not': simd(77),
  'v128.and': simd(78),
  'v128.andnot': simd(79),
  'v128.or': simd(80),
  'v128.xor': simd(81),
  'v128.bitselect': simd(82),
  'v128.any_true': simd(83, 'i32'),
  'i32x4.all_true': simd(163, 'i32'),

  'f32x4.demote_f64x2_zero': simd(94),
  'f64x2.promote_low_f32x4': simd(95),
  'i8x16.narrow_i16x8_u': simd(102),
  'f32x4.floor': simd(104),
  'f32x4.nearest': simd(106),
  'f64x2.floor': simd(117),
  'f64x2.nearest': simd(148),
  'i16x8.narrow_i32x4_u': simd(134),
  'i16x8.extend_low_i8x16_u': simd(137),
  'i32x4.extend_low_i16x8_u': simd(169),

  'i32x4.neg': simd(161),
  'i32x4.shl': simd(171),
  'i32x4.shr_s': simd(172),
  'i32x4.shr_u': simd(173),
  'i32x4.add': simd(174),
  'i32x4.sub': simd(177),
  'i32x4.mul': simd(181),
  'i32x4.min_s': simd(182),
  'i32x4.min_u': simd(183),
  'i32x4.max_s': simd(184),
  'i32x4.max_u': simd(185),
  'i64x2.extend_low_i32x4_s': simd(199),
  'i64x2.extend_high_i32x4_s': simd(200),
  'i64x2.shl': simd(203),

  'f32x4.abs': simd(224),
  'f32x4.neg': simd(225),
  'f32x4.sqrt': simd(227),
  'f32x4.add': simd(228),
  'f32x4.sub': simd(229),
  'f32x4.mul': simd(230),
  'f32x4.div': simd(231),
  'f32x4.min': simd(232),
  'f32x4.max': simd(233),
  'f32x4.pmin': simd(234),
  'f32x4.pmax': simd(235),
  'f64x2.abs': simd(236),
  'f64x2.neg': simd(237),
  'f64x2.sqrt': simd(239),
  'f64x2.add': simd(240),
  'f64x2.sub': simd(241),
  'f64x2.mul': simd(242),
  'f64x2.div': simd(243),
  'f64x2.min': simd(244),
  'f64x2.max': simd(245),

  'i32x4.trunc_sat_f32x4_s': simd(248),
  'i32x4.trunc_sat_f32x4_u': simd(249),
  'f32x4.convert_i32x4_s': simd(250),
  'f32x4.convert_i32x4_u': simd(251),
  'i32x4.trunc_sat_f64x2_s_zero': simd(252),
  'i32x4.trunc_sat_f64x2_u_zero': simd(253),
  'f64x2.convert_low_i32x4_s': simd(254),
  'f64x2.convert_low_i32x4_u': simd(255),
} as const satisfies Readonly<Record<string, Opcode>>;

export type OpcodeName = keyof typeof opcodes;

const simdStore = (code: number) => simdBytes(code);

/** The instructions that write memory: they give no value. */
export const storeOpcodes = {
  'i32.store': [0x36],
  'v128.store': simdStore(11),
  'v128.store8_lane': simdStore(88),
  'v128.store16_lane': simdStore(89),
  'v128.store32_lane': simdStore(90),
  'v128.store64_lane': simdStore(91),
} as const satisfies Readonly<Record<string, readonly number[]>>;

export type StoreName = keyof typeof storeOpcodes;

/** Control and variable instructions. */
export const control = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  branchIf: 0x0d,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  /** The block type of a block without a value. */
  void: 0x40,
} as const;
