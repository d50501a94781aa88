import platform
import sys
from threading import Lock
from cuda import cudart
from cuda import cuda

guard_platform_info = Lock()


class PlatformInfo:
    def __init__(self):
        self.is_integrated_gpu_system = False
        self.is_integrated_gpu_verified = False

    def is_platform_aarch64(self):
        return platform.uname()[4] == 'aarch64'

    def is_integrated_gpu(self):
        with guard_platform_info:
            if not self.is_integrated_gpu_verified:
                cuda_init_result, = cuda.cuInit(0)
                if cuda_init_result == cuda.CUresult.CUDA_SUCCESS:
                    device_count_result, num_devices = cuda.cuDeviceGetCount()
                    if device_count_result == cuda.CUresult.CUDA_SUCCESS and num_devices >= 1:
                        property_result, properties = cudart.cudaGetDeviceProperties(0)
                        self.is_integrated_gpu_system = bool(properties.integrated)
                    else:
                        print("ERROR: no cuda devices found", file=sys.stderr)
                else:
                    print("ERROR: cuda could not be initialised", file=sys.stderr)
                self.is_integrated_gpu_verified = True
        return self.is_integrated_gpu_system
