# The rooms of Rampart and the arrows between them. This file is the one place where both are declared:
# CMake builds from it, and tools/check_rooms.py holds every #include against it.
#
#   rampart_room(NAME MAY other rooms... LINKS packages... OWNS headers that only this room may include...)
#
# A header named after OWNS may be owned by several rooms; a third-party header that no room owns is free to all.

rampart_room(base      MAY LINKS fmt::fmt)
rampart_room(crypto    MAY base LINKS OpenSSL::Crypto ${CMAKE_DL_LIBS} OWNS openssl/ p11-kit/)
rampart_room(standard  MAY base)
rampart_room(protocols MAY base)
rampart_room(plant     MAY base standard LINKS PkgConfig::libfyaml Boost::json OWNS libfyaml.h boost/json)
rampart_room(records   MAY base standard protocols LINKS PkgConfig::libcbor OWNS cbor.h cbor/)
rampart_room(policy    MAY base plant protocols LINKS date::date-tz OWNS date/)
rampart_room(journal   MAY base crypto records LINKS Threads::Threads)
rampart_room(assess    MAY base standard plant policy records LINKS Boost::json OWNS boost/json)
rampart_room(net       MAY base crypto LINKS OpenSSL::SSL OWNS openssl/)
rampart_room(pki       MAY base crypto plant records net)
rampart_room(monitor   MAY base crypto standard plant protocols policy records LINKS PkgConfig::libpcap ZLIB::ZLIB Threads::Threads
             OWNS pcap.h pcap/ zlib.h)
rampart_room(gateway   MAY base crypto plant protocols policy records net)
rampart_room(firewall  MAY base plant protocols policy LINKS Boost::json OWNS boost/json)
rampart_room(apps      MAY base crypto standard protocols plant records policy journal net pki monitor gateway firewall assess
             LINKS CLI11::CLI11 PkgConfig::prometheus ZLIB::ZLIB OWNS CLI/ prometheus/ zlib.h)
