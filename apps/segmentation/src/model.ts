import { BatchNorm2d, Conv2d, ConvTranspose2d, concat, Module, maxPool2d, relu, type Tensor } from 'cotangent';
import { classCount } from './classes.js';

/** Convolution, batch norm and relu, twice. */
class ConvolutionPair extends Module {
  readonly conv1: Conv2d;
  readonly norm1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly norm2: BatchNorm2d;

  constructor(inputChannels: number, channels: number) {
    super();
    this.conv1 = new Conv2d(inputChannels, channels, 3, { padding: 1, bias: false });
    this.norm1 = new BatchNorm2d(channels);
    this.conv2 = new Conv2d(channels, channels, 3, { padding: 1, bias: false });
    this.norm2 = new BatchNorm2d(channels);
  }

  forward(x: Tensor): Tensor {
    const first = relu(this.norm1.forward(this.conv1.forward(x)));
    return relu(this.norm2.forward(this.conv2.forward(first)));
  }
}

/** Doubles the resolution, and adds what was known before it was halved. */
class Ascent extends Module {
  readonly up: ConvTranspose2d;
  readonly merge: ConvolutionPair;

  constructor(inputChannels: number, channels: number) {
    super();
    this.up = new ConvTranspose2d(inputChannels, channels, 2, { stride: 2 });
    this.merge = new ConvolutionPair(2 * channels, channels);
  }

  forward(x: Tensor, skipped: Tensor): Tensor {
    return this.merge.forward(concat([this.up.forward(x), skipped], 1));
  }
}

/**
 * A U-Net of three levels with 16, 32 and 64 channels: images `[n, 1, h, w]` to class logits `[n, 11, h, w]`, sides
 * divisible by 4.
 *
 * Ronneberger, Fischer and Brox 2015, with batch norm and padded convolutions.
 */
export class UNet extends Module {
  readonly fine = new ConvolutionPair(1, 16);
  readonly middle = new ConvolutionPair(16, 32);
  readonly coarse = new ConvolutionPair(32, 64);
  readonly toMiddle = new Ascent(64, 32);
  readonly toFine = new Ascent(32, 16);
  readonly head = new Conv2d(16, classCount, 1);

  forward(images: Tensor): Tensor {
    const fine = this.fine.forward(images);
    const middle = this.middle.forward(maxPool2d(fine, { kernelSize: 2 }));
    const coarse = this.coarse.forward(maxPool2d(middle, { kernelSize: 2 }));
    return this.head.forward(this.toFine.forward(this.toMiddle.forward(coarse, middle), fine));
  }
}
